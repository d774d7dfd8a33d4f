"""What one request may take: past its deadline it is an honest 503, and more studies than fit are a 413."""

import itertools
import json
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from cds_service.app import advisor_from, create_app
from cds_service.deadline import NO_DEADLINE, Deadline
from cds_service.errors import TooLarge, Unavailable
from cds_service.evaluate import MOST_JUDGED, Advisor, evaluate
from cds_service.knowledge.terminology.terminology import LONGEST_TEXT_KEPT
from cds_service.settings import settings_from
from tests.unit.fhir.builders import HEMOPTYSIS, body, bundle, condition, encoded, order, request

LOOKS_AT_MOST = 500


@cache
def advisor() -> Advisor:
    return advisor_from(settings_from({}))


def advisor_after(seconds: float) -> tuple[Advisor, Iterator[int]]:
    """An advisor whose clock goes on by a second at each look."""
    clock = itertools.count()
    return replace(advisor(), seconds=seconds, timer=lambda: next(clock)), clock


def chart(resources: int) -> object:
    """Of texts that are too long to be remembered beyond a request: each is read anew, after a look."""
    texts = [f"bronchiectasis, seen {i}{' ' * LONGEST_TEXT_KEPT}." for i in range(resources)]
    return bundle(*(condition(f"c{i}", code={"text": text}) for i, text in enumerate(texts)))


def test_whenever_the_deadline_falls_the_answer_is_whole_or_there_is_none() -> None:
    asked = request(drafts=bundle(order(reasonCode=[HEMOPTYSIS])), prefetch={"conditions": chart(20)})
    outcomes = []

    for seconds in range(LOOKS_AT_MOST):
        try:
            outcomes.append(len(evaluate(asked, advisor_after(seconds)[0]).response.cards))
        except Unavailable:
            outcomes.append(0)

    first_answer = outcomes.index(1)
    assert first_answer > 20
    assert set(outcomes[:first_answer]) == {0}
    assert set(outcomes[first_answer:]) == {1}


def test_the_clock_is_looked_at_between_resources_that_hold_no_text() -> None:
    coded = bundle(*(condition(f"c{i}") for i in range(1_000)))
    asked = request(drafts=bundle(order(reasonCode=[HEMOPTYSIS])), prefetch={"conditions": coded})
    hurried, clock = advisor_after(LOOKS_AT_MOST)

    evaluate(asked, hurried)

    assert next(clock) > 1_000 // 64


def test_the_clock_is_looked_at_between_drugs_wherever_they_are_read() -> None:
    drug = {"resourceType": "MedicationRequest", "status": "active"}
    drugs = bundle(*(drug | {"id": f"d{i}"} for i in range(1_000)))
    asked = request(drafts=bundle(order(reasonCode=[HEMOPTYSIS])), prefetch={"medications": drugs})
    hurried, clock = advisor_after(LOOKS_AT_MOST)

    evaluate(asked, hurried)

    times_read = len(("what they deny", "what keeps the patient alive", "what bleeds"))
    assert next(clock) > times_read * 1_000 // 64


def test_past_the_deadline_the_client_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = create_app(settings_from({"CDS_DATABASE_URL": f"sqlite:///{tmp_path}/record.db"}))
    monkeypatch.setattr(Advisor, "deadline", lambda _: Deadline(-1.0, lambda: 0.0))

    answer = app.test_client().post(
        "/cds-services/hemoptysis-imaging-order-select",
        data=encoded(body(drafts=bundle(order(reasonCode=[HEMOPTYSIS])))),
        content_type="application/json",
    )

    assert answer.status_code == 503
    (issue,) = json.loads(answer.data)["issue"]
    assert issue["code"] == "transient"
    assert "CDS_REQUEST_DEADLINE_MS" in issue["diagnostics"]


def test_without_a_deadline_nothing_is_given_up() -> None:
    assert [*NO_DEADLINE.each(range(200))] == [*range(200)]


@pytest.mark.parametrize("count", [MOST_JUDGED, MOST_JUDGED + 1])
def test_more_studies_than_an_answer_may_hold_are_refused(count: int) -> None:
    orders = bundle(*(order(id=f"o{i}", reasonCode=[HEMOPTYSIS]) for i in range(count)))
    asked = request(drafts=orders, hook="order-sign")

    if count <= MOST_JUDGED:
        assert len(evaluate(asked, advisor()).response.cards) == count
    else:
        with pytest.raises(TooLarge, match="100 imaging orders"):
            evaluate(asked, advisor())


def test_orders_that_concern_us_not_do_not_count_among_the_studies() -> None:
    drugs = ({"resourceType": "MedicationRequest", "id": f"m{i}"} for i in range(3 * MOST_JUDGED))
    asked = request(drafts=bundle(*drugs, order(reasonCode=[HEMOPTYSIS])), hook="order-sign")

    assert len(evaluate(asked, advisor()).response.cards) == 1
