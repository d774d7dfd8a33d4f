"""A request without an order that could be for the chest: nothing of its prefetch is decoded."""

from dataclasses import replace
from typing import NoReturn

import pytest

from cds_service.app import advisor_from
from cds_service.cds_hooks.request import FhirAccess, Prefetch
from cds_service.cds_hooks.response import ServiceResponse
from cds_service.evaluate import Advisor, evaluate
from cds_service.outbound.client import FhirReader
from cds_service.settings import Settings
from tests.unit.fhir.builders import Json, bundle, order, request


class SealedPrefetch(Prefetch):
    """A prefetch that fails whoever looks into it."""

    def __init__(self) -> None:
        """Without a value that could be looked at."""

    @property
    def raw(self) -> NoReturn:  # type: ignore[override]
        pytest.fail("the prefetch was looked at")


class SilentReader(FhirReader):
    """A reader that fails whoever asks it."""

    def read(self, *_: object) -> NoReturn:
        pytest.fail("the FHIR server was asked")


@pytest.fixture
def advisor(settings: Settings) -> Advisor:
    return replace(advisor_from(settings), reader=SilentReader())


@pytest.mark.parametrize(
    "drafts",
    [
        bundle(),
        bundle(order(code={"text": "CT abdomen with contrast"})),
        bundle(order(code={"text": "Hemoglobin"}), order(id="o2", resourceType="MedicationRequest")),
        bundle(order(code=None)),
        bundle(order(subject={"reference": "Patient/p2"})),
        bundle(order(status="revoked")),
    ],
    ids=str,
)
def test_a_request_that_is_none_of_our_business_leaves_its_prefetch_sealed(
    advisor: Advisor, drafts: Json
) -> None:
    access = FhirAccess("https://e.example/fhir")
    asked = replace(request(drafts=drafts), prefetch=SealedPrefetch(), access=access)

    assert evaluate(asked, advisor).response == ServiceResponse()


def test_a_request_that_is_our_business_opens_its_prefetch(advisor: Advisor) -> None:
    asked = replace(request(drafts=bundle(order())), prefetch=SealedPrefetch())

    with pytest.raises(pytest.fail.Exception, match="the prefetch was looked at"):
        evaluate(asked, advisor)
