"""What the routes keep of a call and of feedback, and which cards they need not show again."""

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple

from flask import g

from cds_service.cards.site import Site
from cds_service.cds_hooks.feedback import FeedbackBatch
from cds_service.cds_hooks.request import HookRequest
from cds_service.errors import TooManyRequests
from cds_service.evaluate import Evaluation, critical_alert_alone, marked_silenced
from cds_service.random_uuids import new_uuid
from cds_service.records.consultation import Mode
from cds_service.records.quiet import QuietOrders
from cds_service.records.site_key import SiteKey
from cds_service.records.writer import Recorder
from cds_service.telemetry.counted import count_consultations, count_feedback
from cds_service.telemetry.meter import Meter
from cds_service.trust.clients import TrustedClient
from cds_service.trust.limits import RateLimit
from cds_service.web.access import caller
from cds_service.web.consultations import Call, Keys, consultations_of
from cds_service.web.request_log import note, noted

EVERY_SERVICE = "all"
FEEDBACK_A_MINUTE: Final = 200
"""Rows that one client may add, each process counting for itself; an hour's, 12,000, may come at once."""

SECONDS_OF_FEEDBACK_SAVED: Final = 3600
_LOG = logging.getLogger(__name__)


class Called(NamedTuple):
    """Which service was called, how it is answered, and when that began by the clock of performance."""

    service_id: str
    mode: Mode
    began: float


@dataclass(frozen=True, slots=True)
class Recording:
    """The record as the routes use it; `quiet` is None where a site wants every card shown again."""

    site: Site
    key: SiteKey
    recorder: Recorder
    quiet: QuietOrders | None
    meter: Meter
    limit: RateLimit = field(
        default_factory=lambda: RateLimit(
            FEEDBACK_A_MINUTE, clock=time.monotonic, saved=SECONDS_OF_FEEDBACK_SAVED
        )
    )

    def keys_of(self, request: HookRequest) -> Keys:
        """The hashes of the request at hand, for what looks it up and what keeps it."""
        keys = g.keys_of_request = Keys(self.key, caller(), request)
        return keys

    def shown(self, evaluation: Evaluation, keys: Keys, service_id: str) -> tuple[Mode, Evaluation]:
        """How a call is answered, and with what: of a service that is switched off a critical alert alone.

        What is silent is the evaluation as it would have been shown.
        """
        mode = self._mode(keys.client, service_id)
        if mode == "silent" or service_id not in self.site.silenced.services:
            return mode, evaluation
        told = marked_silenced(evaluation, service_id)
        alert = critical_alert_alone(told)
        return ("live", alert) if alert else ("silent", told)

    def held_back(self, request: HookRequest, orders: Mapping[int, str]) -> frozenset[int]:
        """Which of the orders, given with their procedures by their index, need no card.

        This user turned down the card of the same one, or took what it is now.
        """
        if self.quiet is None:
            return frozenset()
        keys: Keys = g.keys_of_request
        drafts = [draft for draft in request.drafts if draft.index in orders]
        quiet = {draft.index: keys.quiet(draft, orders[draft.index]) for draft in drafts}
        return self.quiet.among(quiet, at=time.time())

    def _mode(self, client: TrustedClient, service_id: str) -> Mode:
        silent = self.site.settings.silent
        is_silent = client.is_silent or service_id in silent or EVERY_SERVICE in silent
        return "silent" if is_silent else "live"

    def keep(self, evaluation: Evaluation, keys: Keys, called: Called) -> None:
        """Keep what was judged, before the answer leaves; a fault of the record costs no advice."""
        call = Call(
            call_id=new_uuid(),
            service_id=called.service_id,
            client=keys.client.name,
            mode=called.mode,
            at=int(time.time() * 1000),
            judge_ms=round((time.perf_counter() - called.began) * 1000, 2),
            fetch_ms=float(str(noted("fhir_ms", 0.0))),
        )
        try:
            rows = consultations_of(evaluation, call, keys, site=self.site)
        except Exception as error:
            _LOG.warning("record: a consultation could not be described (%s)", type(error).__name__)
        else:
            count_consultations(self.meter, rows, seconds=(call.judge_ms - call.fetch_ms) / 1000)
            if rows:
                self.recorder.keep(rows)

    def keep_feedback(self, service_id: str, batch: FeedbackBatch, *, at: datetime) -> None:
        """Keep all the well-formed items; when it returns they survive a crash.

        Raises Unavailable if it cannot, and TooManyRequests where the client adds more rows than it may.
        """
        try:
            self.limit.spend(caller().name, len(batch.items))
        except TooManyRequests:
            note(reason="feedback")
            raise
        self.recorder.keep_feedback(service_id, batch.items, client=caller().name, received_at=at)
        count_feedback(self.meter, batch.items, refused=batch.refused)

    def begin(self) -> None:
        """Write what an earlier process left; for the beginning of one, which may be long without a call."""
        self.recorder.begin()

    def close(self) -> None:
        """Write what waits, and stop; for the end of a process."""
        self.recorder.close()
        if self.quiet is not None:
            self.quiet.close()
