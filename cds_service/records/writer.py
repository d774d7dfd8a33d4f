"""The one thread of a process that writes the record: many callers' rows in one commit, the spool's first."""

import logging
import math
import os
import time
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime
from threading import Event, Lock, Thread
from typing import Final

import msgspec

from cds_service.cds_hooks.feedback import FeedbackItem
from cds_service.errors import Unavailable
from cds_service.records.consultation import Consultation, rows_in
from cds_service.records.feedback import ReceivedFeedback
from cds_service.records.spool import ASIDE, Spool, SpoolFile
from cds_service.records.sql.database import no_answer
from cds_service.records.sql.faults import OnceAMinute
from cds_service.records.state import RecordCounts, RecordState
from cds_service.records.store import RecordStore

SECONDS_TO_GATHER: Final = 0.5
"""How long consultations, which are safe in the spool, wait for others to share their commit."""

BYTES_THAT_WAIT: Final = 1 << 16
"""Of the spool, some 60 rows; more than that is written at once."""

SECONDS_BETWEEN_LOOKS: Final = 15
"""How often the spool is looked through for what a process left that is gone."""
SECONDS_AFTER_A_FAILURE: Final = 1
SECONDS_FOR_FEEDBACK: Final = 3
"""Longest that a caller waits for its commit: the database's own limits end before."""

SECONDS_TO_STOP: Final = 1
"""What does not get into the record by then stays in the spool, for the next process."""

MOST_BYTES_READ: Final = 1 << 20
"""Of the spool in one transaction, so that a long outage does not come back as one that is too large."""

LEAST_BYTES_READ: Final = 1 << 12
"""After each failure half as much is tried: what a slow database cannot take in time must not stay."""

_LOG = logging.getLogger(__name__)
_ENCODER: Final = msgspec.json.Encoder()


@dataclass(slots=True)
class _Waiting:
    """A batch of feedback, and the caller that waits for it."""

    items: tuple[ReceivedFeedback, ...]
    done: "Future[None]" = field(default_factory=Future)


class Recorder:
    """Keeps consultations and feedback; may be made before a fork, each process then has its own thread."""

    def __init__(self, store: RecordStore, spool: Spool) -> None:
        self._store = store
        self._spool = spool
        self._lock = Lock()
        self._wake = Event()
        self._urgent = Event()
        self._waiting: list[_Waiting] = []
        self._process, self._stranded = 0, 0
        self._thread: Thread | None = None
        self._is_stopping = Event()
        self._is_failing = self._is_losing = False
        self._bytes_at_once = MOST_BYTES_READ
        self._warning = OnceAMinute()
        self._warning_of_loss = OnceAMinute()
        self.counts = RecordCounts()

    def keep(self, consultations: Sequence[Consultation]) -> None:
        """Keep the rows of one call, whatever becomes of this process; never raises, never waits.

        Rows that the spool cannot take are lost, counted and said.
        """
        try:
            self._spool.append(_ENCODER.encode(consultations))
        except OSError as error:
            self._is_losing = True
            self.counts.lost += len(consultations)
            if self._warning_of_loss.is_due():
                why = error.strerror or error
                _LOG.warning("record: spool failed (%s), %d rows lost by now", why, self.counts.lost)
            return
        self._is_losing = False
        self.begin()
        if not self._wake.is_set():
            self._wake.set()

    def keep_feedback(
        self, service_id: str, items: Sequence[FeedbackItem], *, client: str, received_at: datetime
    ) -> None:
        """Keep all the items; when it returns they survive a crash. Raises Unavailable if it cannot."""
        if not items:
            return
        received = tuple(ReceivedFeedback(service_id, client, received_at, item) for item in items)
        waiting = _Waiting(received)
        self.begin()
        with self._lock:
            if self._is_failing and self._waiting:  # one is tried; the others do not hold a thread for it
                raise no_answer()
            self._waiting.append(waiting)
        self._urgent.set()
        self._wake.set()
        try:
            waiting.done.result(timeout=SECONDS_FOR_FEEDBACK)
        except TimeoutError:
            raise no_answer() from None

    def state(self) -> RecordState:
        """How it stands now."""
        return RecordState(self._is_failing, self._is_losing, self._spool.depth, self._stranded, self.counts)

    def close(self) -> None:
        """Write what waits, if the database answers, and stop; what it does not take stays in the spool."""
        self._is_stopping.set()
        self._urgent.set()
        self._wake.set()
        if self._thread is not None and self._process == os.getpid():
            self._thread.join(SECONDS_TO_STOP)
        self._spool.close()

    def begin(self) -> None:
        """Have this process write, what others left among it; done at the first thing kept, if not before."""
        if self._process == os.getpid():
            return
        with self._lock:
            if self._process != os.getpid():
                self._thread = Thread(target=self._run, name="record", daemon=True)
                self._thread.start()
                self._process = os.getpid()

    # --- the thread ---------------------------------------------------------------------------------------

    def _run(self) -> None:
        """Write what comes; CAUTION: whatever happens, this thread is the only one, and goes on."""
        look_at = -math.inf
        while True:
            try:
                if self._is_losing and self._spool.is_writable():
                    self._is_losing = False  # CAUTION: who is not ready gets no request to find out by
                    _LOG.warning("record: spool writes again, %d rows lost by now", self.counts.lost)
                self._write_own()
                if time.monotonic() >= look_at:
                    self._take_over()
                    look_at = time.monotonic() + SECONDS_BETWEEN_LOOKS
            except Exception as error:
                self._fail(error, self._taken())
                look_at = -math.inf
            if self._is_stopping.is_set():
                return
            self._rest()

    def _rest(self) -> None:
        """Until there is something to write: at once for feedback, else when some have come together."""
        if self._is_failing:
            self._is_stopping.wait(SECONDS_AFTER_A_FAILURE)
            return
        self._wake.wait(SECONDS_BETWEEN_LOOKS)
        self._wake.clear()
        if not self._waiting:
            self._urgent.wait(SECONDS_TO_GATHER)
        self._urgent.clear()

    def _write_own(self) -> None:
        """Write group after group until nothing waits; after a failure, try even where nothing does."""
        while True:
            read = self._spool.pending(self._bytes_at_once)
            if not (self._waiting or read.lines or read.torn or self._is_failing):
                return
            self._write_group(read.lines)
            self._spool.committed(read)
            self._count_torn(read.torn)
            if not (self._waiting or self._is_stopping.is_set()) and self._spool.depth < BYTES_THAT_WAIT:
                self._wake.set()  # what came meanwhile waits for more, or each group would be a small one
                return

    def _write_group(self, lines: Sequence[bytes]) -> None:
        """Write these lines, and the feedback that waits by now; raises what the store does."""
        waiting = self._taken()
        consultations, refused = rows_in(lines)
        feedback = [received for each in waiting for received in each.items]
        try:
            try:
                self._store.write(consultations, feedback)
            except Unavailable:
                raise
            except Exception as error:  # a row that the database refuses must not hold back the others
                _LOG.warning(
                    "record: a group was refused (%s), its rows are tried alone", type(error).__name__
                )
                refused += self._write_alone(consultations, waiting)
            else:
                self.counts.written += len(consultations)
                self.counts.feedback += len(feedback)
        except Exception as error:
            self._bytes_at_once = max(self._bytes_at_once // 2, LEAST_BYTES_READ)
            self._fail(error, waiting)
            raise
        for each in waiting:
            if not each.done.done():
                each.done.set_result(None)
        for line in refused:  # CAUTION: now, and not at each try while the database is away
            self._set_aside(line)
        self._bytes_at_once = min(self._bytes_at_once * 2, MOST_BYTES_READ)
        self._recover()

    def _write_alone(self, consultations: Sequence[Consultation], waiting: Sequence[_Waiting]) -> list[bytes]:
        """Write each by itself; the lines of the consultations that the database refuses."""
        refused: list[bytes] = []
        for consultation in consultations:
            try:
                self._store.write([consultation], ())
            except Unavailable:
                raise
            except Exception:
                refused.append(_ENCODER.encode((consultation,)))
        self.counts.written += len(consultations) - len(refused)
        for each in waiting:
            try:
                self._store.write((), each.items)
                self.counts.feedback += len(each.items)
                each.done.set_result(None)
            except Unavailable:
                raise
            except Exception as error:
                each.done.set_exception(error)
        return refused

    def _taken(self) -> list[_Waiting]:
        with self._lock:
            waiting, self._waiting = self._waiting, []
        return waiting

    def _fail(self, error: Exception, waiting: Sequence[_Waiting]) -> None:
        """Refuse the feedback that waits; what the database itself reported was said where it was met."""
        if not isinstance(error, Unavailable) and self._warning.is_due():
            _LOG.warning("record: writing failed (%s), and is tried again", type(error).__name__)
        with self._lock:
            self._is_failing = True
            waiting = [*waiting, *self._waiting]
            self._waiting = []
        for each in waiting:
            if not each.done.done():
                each.done.set_exception(no_answer())

    def _recover(self) -> None:
        if self._is_failing:
            self._is_failing = False
            _LOG.warning("record: writes again, %d bytes wait in the spool", self._spool.depth)

    def _take_over(self) -> None:
        """Write what processes left that are gone, and remove their files; join what could not be before."""
        self._store.join_late()
        stranded = 0
        for path in self._spool.others():
            try:
                if file := SpoolFile.left_at(path):
                    self._write_file(file)
            except OSError as error:  # one file that cannot be read holds back no other
                stranded += 1
                _LOG.warning("record: %s cannot be taken over (%s)", path, error.strerror)
        self._stranded = stranded

    def _write_file(self, file: SpoolFile) -> None:
        """Write what stands in it, and remove it; where that fails it stays for the next look."""
        place = 0
        try:
            while (read := file.read(place, self._bytes_at_once)).end > place:
                before = self.counts.written
                self._write_group(read.lines)
                self.counts.taken_over += self.counts.written - before
                self._count_torn(read.torn)
                place = read.end
        except BaseException:
            file.close()
            raise
        self._count_torn(int(file.size > place))
        file.remove()

    def _set_aside(self, line: bytes) -> None:
        self.counts.refused += 1
        try:
            self._spool.set_aside(line)
        except OSError as error:
            _LOG.warning("record: a row was refused, and is lost (%s)", error.strerror)
        else:
            _LOG.warning("record: %d rows refused, kept in %s", self.counts.refused, ASIDE)

    def _count_torn(self, torn: int) -> None:
        if torn:
            self.counts.torn += torn
            _LOG.warning("record: %d lines of the spool were torn, and are lost", self.counts.torn)
