"""When a request is judged: in development as it says, in production by the clock alone."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from cds_service.app import advisor_from
from cds_service.cds_hooks.parse import hook_request_from
from cds_service.evaluate import evaluate
from cds_service.setting_values import Profile
from cds_service.settings import Settings

GOLDEN = Path("fixtures/requests/order-select/recurrent-ct-without-contrast.json")
YEARS_LATER = datetime(2036, 1, 1, tzinfo=UTC)


def variant_in(profile: Profile, settings: Settings) -> str | None:
    """The variant of the example, whose chart is of 2026, in the year 2036."""
    advisor = replace(advisor_from(replace(settings, profile=profile)), now=lambda: YEARS_LATER)
    evaluation = evaluate(hook_request_from(GOLDEN.read_bytes()), advisor)
    assert msgspec.json.encode(evaluation.response)
    return evaluation.trace.decision.classification.topic if evaluation.trace.decision else None


def test_in_development_a_request_may_say_when_it_is_judged(settings: Settings) -> None:
    assert variant_in("development", settings) == "recurrent"


def test_in_production_a_request_cannot_say_when_it_is_judged(settings: Settings) -> None:
    assert variant_in("production", settings) != "recurrent"
