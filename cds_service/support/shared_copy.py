"""Writing the anonymized copy of a captured request, and comparing how both are answered."""

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Final

from cds_service.cds_hooks.response import ServiceResponse, rating_of
from cds_service.errors import CdsServiceError
from cds_service.evaluate import Advisor
from cds_service.outbound.client import NO_READER
from cds_service.support.anonymize.request import anonymized
from cds_service.support.anonymize.stand_ins import TimeShift
from cds_service.support.captures import asked, read_as_far_as_possible

_FEWEST_DAYS, _MOST_DAYS = 400, 3650
_TRIES: Final = 20
_FOUR_YEARS: Final = 1461
"""Days after which the calendar is the same, so that months and years without a day keep their ends."""

Essence = tuple[object, ...]


def random_days() -> int:
    """How many days a copy lies before the original."""
    return -random.SystemRandom().randint(_FEWEST_DAYS, _MOST_DAYS)


def refuse_to_overwrite(path: Path) -> None:
    """Raises CdsServiceError if the file is there."""
    if path.exists():
        raise CdsServiceError(f"{path.name} exists already: nothing was written. Name another file.")


def write_copy(
    body: bytes, path: Path, *, at: datetime | None, advisor: Advisor, days: Callable[[], int]
) -> Iterator[str]:
    """Write the copy; says what is to be known of it.

    Raises BadRequest if the body is no JSON object, CdsServiceError if the file cannot be written.
    """
    offline = replace(advisor, reader=NO_READER)
    request, _ = read_as_far_as_possible(body)
    judged_at = at or (request.judge_at if request else None) or offline.now()
    original = answer_to(body, judged_at, offline)
    copy, is_same = b"", False
    for shift in _shifts(judged_at, days):
        copy = anonymized(body, knowledge=offline.knowledge, shift=shift)
        is_same = answer_to(copy, shift.new_judged_at, offline) == original
        if is_same:
            break
    _write(path, copy)
    yield f"Anonymized copy: {path.name}. Read it before you share it: codes and their systems are kept."
    if not is_same:
        yield "CAUTION: the copy is answered differently. Something that was removed or moved had a bearing."


def answer_to(body: bytes, at: datetime, advisor: Advisor) -> Essence:
    """What two answers are compared by: indicators, topics and ratings; or why there is none."""
    try:
        return _essence(asked(body, at, advisor).response)
    except CdsServiceError as refusal:
        return refusal.status, refusal.expression


def _essence(response: ServiceResponse) -> Essence:
    cards = [(card.indicator, card.source.topic and card.source.topic.code) for card in response.cards]
    suggested = [len(card.suggestions) for card in response.cards]
    return cards, suggested, [rating_of(action) for action in response.system_actions or ()]


def _shifts(judged_at: datetime, days: Callable[[], int]) -> Iterator[TimeShift]:
    for _ in range(_TRIES):
        yield TimeShift(days(), judged_at)
    yield TimeShift(-_FOUR_YEARS, judged_at)


def _write(path: Path, content: bytes) -> None:
    refuse_to_overwrite(path)
    try:
        with path.open("xb") as file:
            file.write(content)
    except OSError as error:
        raise CdsServiceError(f"{path.name} cannot be written ({error.strerror}).") from None
