"""Which orders carry the rating already that they would get again: their cards need not say it twice."""

from collections.abc import Iterator, Mapping

from cds_service.cards.code_systems import CATEGORY_SYSTEM, code_system_url
from cds_service.cards.site import Site
from cds_service.cards.suggestions import rating_text
from cds_service.cds_hooks.drafts import rating_given
from cds_service.cds_hooks.request import DraftOrder, Hook, HookRequest
from cds_service.clinical.decision import Decision, Judgment


def ratings_before(
    decision: Decision, request: HookRequest, drafts: Mapping[int, DraftOrder], site: Site
) -> dict[int, str]:
    """At order-sign, the index of each such order, with the consult id that it was rated by ("" if not kept).

    A rating is this service's by the code system of its second coding. It is of the same study if the words
    that stand with it say so; a client that kept no words is believed.
    """
    if request.hook is not Hook.ORDER_SIGN:
        return {}
    return dict(_found(decision, drafts, site))


def _found(decision: Decision, drafts: Mapping[int, DraftOrder], site: Site) -> Iterator[tuple[int, str]]:
    system = code_system_url(site.settings.canonical_url, CATEGORY_SYSTEM)
    for judgment in decision.judgments:
        order, category = judgment.order, judgment.category
        if not (judgment.outcome == "rated" and category and order.has_rating and order.can_carry_actions):
            continue
        given = rating_given(drafts[order.index], system)
        if given and given.category == category and given.text in ("", _text(judgment, site)):
            yield order.index, given.consult_id


def _text(judgment: Judgment, site: Site) -> str:
    return rating_text(site, judgment.category, judgment.order.procedure)
