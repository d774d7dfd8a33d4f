"""How many better studies a site has its cards offer; the first is said in any case."""

import pytest

from cds_service import examples
from cds_service.app import advisor_from
from cds_service.cds_hooks.parse import hook_request_from
from cds_service.evaluate import evaluate
from cds_service.settings import settings_from


@pytest.mark.parametrize("most", [0, 1, 2])
def test_a_card_offers_as_many_as_the_site_wants_and_names_the_better_study_always(most: int) -> None:
    advisor = advisor_from(settings_from({"CDS_ALTERNATIVES": str(most)}))
    request = hook_request_from(examples.text("recurrent-ct-without-contrast").encode())

    (card,) = evaluate(request, advisor).response.cards

    assert len(card.suggestions) == most
    assert "CTA chest with IV contrast is usually appropriate" in card.summary
    assert "CTA with contrast ☢☢☢ 1-10 mSv" in card.detail or "Radiation: ☢☢☢ 1-10 mSv" in card.detail
