"""The cards, row by row of the table in BEHAVIOUR 6, and what surrounds them."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from cds_service.cards.options import CardOptions
from cds_service.cds_hooks.request import Hook
from cds_service.cds_hooks.response import Card
from cds_service.clinical.decision import (
    Alternative,
    Caution,
    Cautions,
    Decision,
    Effect,
    IndicationBasis,
    Judgement,
    Outcome,
    Severity,
)
from cds_service.clinical.orders import Reason, ReasonKind, Recognition
from cds_service.clinical.time import Moment
from cds_service.knowledge.model import CautionId, Variant
from cds_service.knowledge.terminology import Concept, ConceptMatch
from tests.unit.card_builders import (
    CT,
    CTA,
    EVERY_COMBINATION,
    MASSIVE,
    NONMASSIVE,
    RADIOGRAPH,
    RECURRENT,
    a_classification,
    a_decision,
    a_request,
    a_small_bleed,
    an_order,
    an_unknown_order,
    answer_to,
    cards_of,
    codes,
    judged,
    not_rated,
    resource_of,
    the_card,
)

ALL_REASONS = [
    "specialist-requested",
    "special-circumstances",
    "prior-study-inadequate",
    "patient-preference",
    "radiologist-advised",
    "contrast-contraindicated",
    "not-hemoptysis",
    "already-done",
    "other",
]
RECURRENT_OR_NOT = (Variant.RECURRENT, Variant.NONMASSIVE)
MASSIVE_OR_NOT = (Variant.MASSIVE, Variant.NONMASSIVE)
SILENT = CardOptions(confirm_appropriate=False)
REACTION = Cautions(
    found=(Caution(CautionId.CONTRAST_REACTION, "reaction to contrast media charted", "Iohexol"),)
)


@dataclass(frozen=True)
class Row:
    """A row of the table: the judgement, and what its card shows."""

    name: str
    judgement: Judgement
    plausible: tuple[Variant, ...]
    indicator: str
    labels: tuple[str, ...]
    has_reasons: bool
    rating: tuple[str, ...]


REPLACE_CTA = "Replace with CTA chest with IV contrast"
APPROPRIATE = ("appropriate", "usually-appropriate")

ROWS = (
    Row(
        "usually appropriate",
        judged(an_order("cta-chest-with-contrast"), RECURRENT),
        RECURRENT,
        "info",
        (),
        has_reasons=False,
        rating=APPROPRIATE,
    ),
    Row(
        "may be appropriate",
        judged(an_order("ct-chest-without-contrast"), alternatives=(CTA,)),
        NONMASSIVE,
        "info",
        (REPLACE_CTA,),
        has_reasons=True,
        rating=("appropriate", "may-be-appropriate"),
    ),
    Row(
        "may be appropriate, arteriography",
        judged(
            an_order("arteriography-bronchial-embolization"),
            named_instead=("cta-chest-with-contrast", "radiography-chest"),
        ),
        NONMASSIVE,
        "info",
        (),
        has_reasons=True,
        rating=("appropriate", "may-be-appropriate"),
    ),
    Row(
        "usually not appropriate",
        judged(an_order("ct-chest-without-contrast"), RECURRENT, alternatives=(CTA,)),
        RECURRENT,
        "warning",
        (REPLACE_CTA,),
        has_reasons=True,
        rating=("not-appropriate", "usually-not-appropriate"),
    ),
    Row(
        "differs, one of them usually not",
        judged(an_order("ct-chest-without-contrast"), RECURRENT_OR_NOT, alternatives=(CTA,)),
        RECURRENT_OR_NOT,
        "warning",
        (REPLACE_CTA,),
        has_reasons=True,
        rating=(),
    ),
    Row(
        "differs, none of them usually not",
        judged(an_order("ct-chest-with-contrast"), RECURRENT_OR_NOT, alternatives=(CTA,)),
        RECURRENT_OR_NOT,
        "info",
        (REPLACE_CTA,),
        has_reasons=True,
        rating=(),
    ),
    Row(
        "contrast not specified",
        not_rated(
            an_order("ct-chest-contrast-unspecified"), Outcome.CONTRAST_UNSPECIFIED, alternatives=(CTA,)
        ),
        NONMASSIVE,
        "info",
        (REPLACE_CTA,),
        has_reasons=True,
        rating=(),
    ),
    Row(
        "not in the topic",
        not_rated(
            an_order("mri-chest"),
            Outcome.NOT_IN_TOPIC,
            alternatives=(Alternative("cta-chest-with-contrast"),),
        ),
        NONMASSIVE,
        "info",
        (REPLACE_CTA,),
        has_reasons=True,
        rating=("no-criteria-apply",),
    ),
    Row(
        "not in the topic, ventilation and perfusion",
        not_rated(an_order("ventilation-perfusion"), Outcome.NOT_IN_TOPIC),
        NONMASSIVE,
        "info",
        (),
        has_reasons=True,
        rating=("no-criteria-apply",),
    ),
    Row(
        "study not recognised",
        not_rated(an_unknown_order("Thorax spiral"), Outcome.NOT_RECOGNISED),
        NONMASSIVE,
        "info",
        (),
        has_reasons=False,
        rating=(),
    ),
)


def rating_codes(resource: dict[str, Any]) -> tuple[str, ...]:
    extensions = {e["url"]: e for e in resource.get("extension", [])}
    rating = extensions.get("http://fhir.org/argonaut/Extension/pama-rating")
    return tuple(c["code"] for c in rating["valueCodeableConcept"]["coding"]) if rating else ()


def ratings_in(decision: Decision) -> tuple[str, ...]:
    actions = answer_to(decision).system_actions
    if isinstance(actions, msgspec.UnsetType):
        return ()
    (action,) = actions
    return rating_codes(resource_of(action.resource))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_judged_order_gets_the_card_of_its_row(row: Row) -> None:
    card = the_card(a_decision(row.judgement, plausible=row.plausible))

    assert card.indicator == row.indicator
    assert tuple(s.label for s in card.suggestions) == row.labels
    assert codes(card.override_reasons) == (ALL_REASONS if row.has_reasons else [])


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_judged_order_gets_the_rating_of_its_row(row: Row) -> None:
    decision = a_decision(row.judgement, plausible=row.plausible)

    assert ratings_in(decision) == row.rating


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_every_card_has_a_source_with_edition_and_the_variant_as_topic(row: Row) -> None:
    source = the_card(a_decision(row.judgement, plausible=row.plausible)).source

    assert source.label == "ACR Appropriateness Criteria: Hemoptysis, 2019 (New)"
    assert source.topic is not None
    assert source.topic.system == "http://localhost:8000/CodeSystem/hemoptysis-variant"
    assert source.topic.code == (row.plausible[0] if len(row.plausible) == 1 else "undetermined")


@pytest.mark.parametrize(
    "outcome",
    [Outcome.NO_STUDY_YET, Outcome.NOT_CHEST_IMAGING, Outcome.OTHER_INDICATION, Outcome.NEEDS_CONDITIONS],
)
def test_an_order_that_is_not_judged_gets_neither_card_nor_rating(outcome: Outcome) -> None:
    answer = answer_to(a_decision(not_rated(an_order(), outcome)))

    assert answer.cards == ()
    assert msgspec.json.encode(answer) == b'{"cards":[]}'


# --- massive, proven or kept plausible -------------------------------------------------------------


def test_proven_massive_puts_one_critical_card_before_the_orders() -> None:
    orders = (an_order(index=0, id="a"), an_order("ct-chest-without-and-with-contrast", index=1, id="b"))
    decision = a_decision(*(judged(o, MASSIVE, alternatives=(CTA,)) for o in orders), plausible=MASSIVE)

    cards = cards_of(decision)

    assert [card.indicator for card in cards] == ["critical", "info", "warning"]
    assert cards[0].suggestions == ()
    assert codes(cards[0].override_reasons) == [
        "not-hemoptysis",
        "already-done",
        "specialist-requested",
        "special-circumstances",
        "other",
    ]


def test_the_critical_card_says_what_comes_first_and_rests_on_the_teaching_page() -> None:
    card = cards_of(a_decision(judged(an_order(), MASSIVE), plausible=MASSIVE))[0]

    assert card.summary.startswith("Massive hemoptysis (blood 240 mL in 24 h): stabilize first")
    places = [
        card.detail.index(word)
        for word in ("airway", "Intensive care", "terlipressin", "embolization", "Surgery")
    ]
    assert places == sorted(places)
    assert "together with a chest radiograph" in card.detail
    assert card.source.label.startswith("Teaching page")
    assert "url" not in msgspec.to_builtins(card.source)
    assert card.source.topic is not None
    assert card.source.topic.code == "massive"


def test_instability_alone_asks_for_another_cause_before_any_embolization() -> None:
    classification = a_classification(MASSIVE, is_instability_only=True)
    decision = a_decision(judged(an_order(), MASSIVE), classification=classification)

    card = cards_of(decision)[0]

    assert card.summary.endswith("(airway, oxygen, hemodynamics); consider another cause too")
    assert "embolization" not in card.summary


def test_the_critical_card_rates_nothing() -> None:
    decision = a_decision(judged(an_order(), MASSIVE), plausible=MASSIVE, cautions=REACTION)

    card = cards_of(decision)[0]

    assert "**Cautions**" in card.detail
    assert "rating" not in card.detail.casefold()


def test_proven_massive_alerts_with_a_chest_order_for_another_reason() -> None:
    decision = a_decision(not_rated(an_order(), Outcome.OTHER_INDICATION), plausible=MASSIVE)

    answer = answer_to(decision)

    assert [card.indicator for card in answer.cards] == ["critical"]
    assert answer.system_actions is msgspec.UNSET


@pytest.mark.parametrize("outcome", [Outcome.NO_STUDY_YET, Outcome.NOT_CHEST_IMAGING])
def test_nothing_alerts_without_a_chest_study(outcome: Outcome) -> None:
    assert cards_of(a_decision(not_rated(an_order(), outcome), plausible=MASSIVE)) == ()


def test_unstable_vital_signs_without_hemoptysis_do_not_alert() -> None:
    decision = a_decision(
        not_rated(an_order(), Outcome.OTHER_INDICATION), plausible=MASSIVE, has_hemoptysis=False
    )

    assert cards_of(decision) == ()


def with_a_sign(judgement: Judgement) -> Decision:
    classification = a_classification(
        MASSIVE_OR_NOT,
        severity=Severity.KEPT_PLAUSIBLE,
        evidence=(a_small_bleed(Effect.KEEPS_MASSIVE_PLAUSIBLE),),
    )
    return a_decision(judgement, classification=classification)


def test_a_sign_of_massive_puts_one_warning_on_top() -> None:
    cards = cards_of(with_a_sign(judged(an_order(), MASSIVE_OR_NOT, alternatives=(CTA,))))

    assert [card.indicator for card in cards] == ["warning", "info"]
    assert cards[0].summary == (
        "Massive hemoptysis not excluded (blood 30 mL in one episode): check airway, oxygen and hemodynamics"
    )
    assert cards[0].suggestions == ()
    assert cards[0].override_reasons
    assert cards[0].source.topic is not None
    assert cards[0].source.topic.code == "undetermined"


def test_an_alert_asks_to_confirm_what_is_only_possibly_hemoptysis() -> None:
    decision = a_decision(judged(an_order(), MASSIVE), plausible=MASSIVE, is_possible_only=True)

    assert "please confirm" in cards_of(decision)[0].detail


def test_a_sign_of_massive_is_silent_about_an_order_for_another_reason() -> None:
    assert cards_of(with_a_sign(not_rated(an_order(), Outcome.OTHER_INDICATION))) == ()


def test_unsettled_severity_alone_gives_no_alert() -> None:
    decision = a_decision(judged(an_order(), MASSIVE_OR_NOT, alternatives=(CTA,)), plausible=MASSIVE_OR_NOT)

    assert [card.indicator for card in cards_of(decision)] == ["info"]


@pytest.mark.parametrize(
    ("plausible", "is_warned"),
    [(MASSIVE, False), (RECURRENT, True), (NONMASSIVE, True), (MASSIVE_OR_NOT, True)],
)
def test_the_link_to_the_page_for_patients_warns_where_that_misprints(
    plausible: tuple[Variant, ...], is_warned: bool
) -> None:
    card = cards_of(a_decision(judged(an_order(), plausible), plausible=plausible))[-1]

    assert ("misprints the contrast" in card.links[-1].label) is is_warned


# --- appropriate orders ----------------------------------------------------------------------------


def an_appropriate_order(**changes: Any) -> Decision:
    return a_decision(judged(an_order("cta-chest-with-contrast"), RECURRENT), plausible=RECURRENT, **changes)


def test_an_appropriate_order_with_nothing_to_add_gets_one_line() -> None:
    card = the_card(an_appropriate_order())

    assert card.summary == "CTA chest with IV contrast: usually appropriate in recurrent hemoptysis"
    assert card.detail == ""


def test_a_site_can_silence_the_confirmation_and_keep_the_rating() -> None:
    answer = answer_to(an_appropriate_order(), options=CardOptions(confirm_appropriate=False))

    assert answer.cards == ()
    assert answer.system_actions is not msgspec.UNSET


def test_a_caution_speaks_even_where_confirmations_are_silenced() -> None:
    decision = an_appropriate_order(cautions=REACTION)

    card = the_card(decision, options=CardOptions(confirm_appropriate=False))

    assert card.summary.endswith("; caution: earlier reaction to contrast media")
    assert "**Earlier reaction to contrast media**: Iohexol. " in card.detail


def test_a_complement_speaks_even_where_confirmations_are_silenced() -> None:
    decision = an_appropriate_order(complement_for=0)

    card = the_card(decision, options=CardOptions(confirm_appropriate=False))

    assert card.summary.endswith(", with a chest radiograph")
    assert [s.label for s in card.suggestions] == ["Add chest radiograph"]
    assert card.selection_behavior == "any"


@pytest.mark.parametrize(
    ("order", "said"),
    [
        pytest.param(
            {"recognition": Recognition.BY_NAME, "matched_name": "angio CT thorax"},
            "Recognized by its name (angio CT thorax), not by a code: please check.",
            id="by name",
        ),
        pytest.param(
            {"other_procedures": ("ct-chest-without-contrast",)},
            "The codes of this order disagree (also CT chest without IV contrast)",
            id="codes disagree",
        ),
        pytest.param(
            {"has_rating": True, "can_carry_actions": False},
            "The older rating on this order no longer holds",
            id="older rating that cannot be replaced",
        ),
        pytest.param(
            {"reason": Reason(ReasonKind.HEMOPTYSIS, (ConceptMatch(Concept.PULMONARY_EMBOLISM),))},
            "Pulmonary embolism is charted or suspected",
            id="embolism",
        ),
    ],
)
def test_an_order_to_check_keeps_its_card_where_confirmations_are_silenced(
    order: dict[str, Any], said: str
) -> None:
    decision = a_decision(judged(an_order("cta-chest-with-contrast", **order)))

    card = the_card(decision, options=SILENT)

    assert said in card.detail


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"is_possible_only": True}, "please confirm that blood was coughed up"),
        (
            {"indication": IndicationBasis.CHART_WITH_UNRESOLVED_REASON},
            "The order's reason could not be read",
        ),
    ],
)
def test_a_doubtful_indication_keeps_its_card_where_confirmations_are_silenced(
    changes: dict[str, Any], said: str
) -> None:
    decision = a_decision(judged(an_order("cta-chest-with-contrast"), **changes))

    card = the_card(decision, options=SILENT)

    assert said in card.detail


@pytest.mark.parametrize(
    "changes",
    [
        {"indication": IndicationBasis.CHART_WITHOUT_REASON},
        {"indication": IndicationBasis.CHART_WITH_RELATED_REASON},
    ],
)
def test_a_note_that_asks_for_nothing_brings_no_card_where_confirmations_are_silenced(
    changes: dict[str, Any],
) -> None:
    decision = a_decision(judged(an_order("cta-chest-with-contrast"), **changes))

    assert cards_of(decision, options=SILENT) == ()


def test_the_label_of_the_complement_carries_the_caution() -> None:
    pregnancy = Cautions((Caution(CautionId.PREGNANCY, "pregnancy charted"),))
    decision = an_appropriate_order(complement_for=0, cautions=pregnancy)

    (suggestion,) = the_card(decision).suggestions

    assert suggestion.label == "Add chest radiograph (caution: pregnancy)"


def test_the_label_of_the_complement_carries_no_caution_of_another_study() -> None:
    decision = an_appropriate_order(complement_for=0, cautions=REACTION)

    (suggestion,) = the_card(decision).suggestions

    assert suggestion.label == "Add chest radiograph"


def done(written: str, procedure: str = "cta-chest-with-contrast") -> Caution:
    day = datetime.fromisoformat(written[:10]).replace(tzinfo=UTC)
    when = Moment(day, day + timedelta(days=1), written)
    return Caution(CautionId.RECENT_STUDY, "CTA was already done", when=when, procedure=procedure)


@pytest.mark.parametrize("written", ["2026-11-20", "2026-11-20T23:40:00+01:00", ""])
def test_the_label_of_a_study_done_recently_says_the_day(written: str) -> None:
    caution = replace(done("2026-11-20"), when=replace(done("2026-11-20").when, written=written))
    decision = a_decision(judged(an_order(), alternatives=(CTA, CT)), cautions=Cautions((caution,)))

    card = the_card(decision)

    assert [s.label for s in card.suggestions] == [
        "Replace with CTA chest with IV contrast (done 2026-11-20)",
        "Replace with CT chest with IV contrast",
    ]
    assert "- CTA chest with IV contrast (done 2026-11-20)" in card.detail


def test_a_label_says_the_last_day_a_study_was_done_after_its_cautions() -> None:
    careful = replace(CTA, cautions=(CautionId.PREGNANCY,))
    cautions = Cautions((done("2026-11-22"), done("2026-11-20")))
    decision = a_decision(judged(an_order(), alternatives=(careful,)), cautions=cautions)

    (suggestion,) = the_card(decision).suggestions

    assert suggestion.label == (
        "Replace with CTA chest with IV contrast (caution: pregnancy; done 2026-11-22)"
    )


def test_the_label_of_a_complement_done_recently_says_the_day() -> None:
    cautions = Cautions((done("2026-11-20", "radiography-chest"),))
    decision = an_appropriate_order(complement_for=0, cautions=cautions)

    (suggestion,) = the_card(decision).suggestions

    assert suggestion.label == "Add chest radiograph (done 2026-11-20)"


def test_a_site_can_do_without_the_complement() -> None:
    decision = an_appropriate_order(complement_for=0)

    card = the_card(decision, options=CardOptions(suggest_complement=False))

    assert card.suggestions == ()


def test_only_the_named_order_gets_the_complement() -> None:
    orders = (an_order("cta-chest-with-contrast"), an_order("ct-chest-with-contrast", index=1, id="b"))
    decision = a_decision(*(judged(order) for order in orders), complement_for=1)

    assert [len(card.suggestions) for card in cards_of(decision)] == [0, 1]


# --- orders and alternatives -----------------------------------------------------------------------


def test_two_replacements_of_one_order_exclude_each_other() -> None:
    decision = a_decision(judged(an_order(), alternatives=(CTA, CT)))

    card = the_card(decision)

    assert card.selection_behavior == "at-most-one"
    assert [s.is_recommended for s in card.suggestions] == [True, False]


def test_a_single_replacement_may_be_taken_or_left() -> None:
    assert the_card(a_decision(judged(an_order(), alternatives=(CTA,)))).selection_behavior == "any"


def test_an_arteriography_is_never_replaced() -> None:
    order = an_order("arteriography-bronchial-embolization")
    card = the_card(a_decision(judged(order, alternatives=(CTA,))))

    assert card.suggestions == ()


def test_an_arteriography_in_nonmassive_hemoptysis_names_the_diagnostic_studies() -> None:
    order = an_order("arteriography-bronchial-embolization")
    named = ("cta-chest-with-contrast", "ct-chest-with-contrast")

    card = the_card(a_decision(judged(order, named_instead=named)))

    assert card.summary.endswith("; diagnostic imaging usually comes first")
    assert "- CTA chest with IV contrast\n- CT chest with IV contrast" in card.detail
    assert "**Usually appropriate first**" in card.detail
    assert "drafted" not in card.detail


def test_a_better_study_that_is_drafted_is_named() -> None:
    card = the_card(a_decision(judged(an_order(), named_instead=("cta-chest-with-contrast",))))

    assert card.suggestions == ()
    assert "- CTA chest with IV contrast (already drafted)" in card.detail
    assert card.summary.endswith("; CTA with contrast is usually appropriate and drafted already")


def test_a_drafted_radiograph_does_not_hide_the_better_scan() -> None:
    judgement = judged(an_order(), alternatives=(CTA,), named_instead=("radiography-chest",))

    card = the_card(a_decision(judgement))

    assert card.summary.endswith("; CTA chest with IV contrast is usually appropriate")
    assert "- Chest radiograph (already drafted)" in card.detail


def test_patient_view_without_a_study_for_all_variants_points_to_the_table() -> None:
    (card,) = patient_view(a_decision(initial_studies=()))

    assert card.suggestions == ()
    assert "see the detail" in card.summary
    assert "| Radiography chest |" in card.detail


def test_a_label_carries_the_caution_on_its_study() -> None:
    risky = Alternative("cta-chest-with-contrast", (CautionId.CONTRAST_REACTION,))
    card = the_card(
        a_decision(judged(an_order(), RECURRENT, alternatives=(RADIOGRAPH, risky)), plausible=RECURRENT)
    )

    assert [s.label for s in card.suggestions] == [
        "Replace with chest radiograph",
        "Replace with CTA chest with IV contrast (caution: earlier reaction to contrast media)",
    ]


def test_alternatives_withheld_for_an_allergy_say_so() -> None:
    judgement = judged(an_order(), allergy_withholds_alternatives=True)

    card = the_card(a_decision(judgement, cautions=REACTION))

    assert card.summary.endswith("; no contrast study is offered after a contrast reaction")
    assert "No contrast study is offered instead because of the earlier contrast reaction." in card.detail
    assert card.detail.count("**Earlier reaction to contrast media**: Iohexol. ") == 1


def test_an_order_that_cannot_carry_actions_gets_a_card_alone() -> None:
    order = an_order(can_carry_actions=False)

    answer = answer_to(a_decision(judged(order, RECURRENT, alternatives=(CTA,)), plausible=RECURRENT))

    assert [card.suggestions for card in answer.cards] == [()]
    assert answer.system_actions is msgspec.UNSET
    assert "CTA chest with IV contrast" in answer.cards[0].detail
    assert "cannot be changed from the card" in answer.cards[0].detail


def test_cards_follow_the_order_of_the_drafts() -> None:
    second, first = an_order(index=1, id="b"), an_order("ct-chest-without-and-with-contrast", id="a")
    decision = a_decision(judged(second), judged(first))

    summaries = [card.summary for card in cards_of(decision)]

    assert summaries[0].startswith("CT chest without and with IV contrast")
    assert summaries[1].startswith("CT chest without IV contrast")


# --- patient-view ----------------------------------------------------------------------------------


def patient_view(decision: Decision, user_id: str = "Practitioner/doc") -> tuple[Card, ...]:
    return cards_of(decision, request=a_request(decision, Hook.PATIENT_VIEW, user_id=user_id))


STUDIES = (Alternative("cta-chest-with-contrast"), CT, RADIOGRAPH)


def test_patient_view_offers_the_studies_to_create_and_preselects_none() -> None:
    (card,) = patient_view(a_decision(initial_studies=STUDIES))

    assert card.indicator == "info"
    assert [s.label for s in card.suggestions] == [
        "Order CTA chest with IV contrast",
        "Order CT chest with IV contrast",
        "Order chest radiograph",
    ]
    assert {a.type for s in card.suggestions for a in s.actions} == {"create"}
    assert not any(s.is_recommended for s in card.suggestions)
    assert card.selection_behavior == "any"
    assert card.override_reasons == ()


def test_patient_view_tells_the_red_flags_of_the_leaflet() -> None:
    (card,) = patient_view(a_decision(initial_studies=STUDIES))

    for flag in ("large amounts of blood", "chest pain", "vomiting blood", "38.9"):
        assert flag in card.detail


def test_patient_view_in_massive_hemoptysis_waits_for_stability_and_leaves_the_leaflet_out() -> None:
    card = patient_view(a_decision(plausible=MASSIVE, initial_studies=STUDIES))[-1]

    assert "**Usually appropriate once stable**" in card.detail
    assert ": once stable, " in card.summary
    assert "Tell the patient" not in card.detail


def test_patient_view_puts_the_critical_card_first() -> None:
    cards = patient_view(a_decision(plausible=MASSIVE, initial_studies=STUDIES))

    assert [card.indicator for card in cards] == ["critical", "info"]


def test_patient_view_shows_only_the_alert_once_the_chest_was_scanned() -> None:
    scanned = a_decision(plausible=MASSIVE, initial_studies=STUDIES, studied_since_onset=True)

    assert [card.indicator for card in patient_view(scanned)] == ["critical"]
    assert patient_view(a_decision(initial_studies=STUDIES, studied_since_onset=True)) == ()


def test_patient_view_is_silent_without_hemoptysis() -> None:
    assert patient_view(a_decision(has_hemoptysis=False, initial_studies=STUDIES)) == ()


@pytest.mark.parametrize("user", ["Patient/p1", "RelatedPerson/r", "https://ehr.example/fhir/Patient/p1"])
def test_patient_view_shows_nothing_to_patients_and_relatives(user: str) -> None:
    assert patient_view(a_decision(plausible=MASSIVE, initial_studies=STUDIES), user_id=user) == ()


@pytest.mark.parametrize("user", ["", "Practitioner/1", "PractitionerRole/Patient", "Patient"])
def test_patient_view_answers_everyone_else(user: str) -> None:
    assert patient_view(a_decision(initial_studies=STUDIES), user_id=user) != ()


def test_patient_view_asks_to_confirm_what_is_only_possibly_hemoptysis() -> None:
    (card,) = patient_view(a_decision(initial_studies=STUDIES, is_possible_only=True))

    assert card.summary.startswith("Possible nonmassive hemoptysis")
    assert "please confirm" in card.detail


# --- the answer as a whole -------------------------------------------------------------------------


@pytest.mark.parametrize("plausible", EVERY_COMBINATION)
def test_every_uuid_of_an_answer_is_its_own(plausible: tuple[Variant, ...]) -> None:
    orders = (an_order(), an_order("ct-chest-without-and-with-contrast", index=1, id="b"))
    decision = a_decision(
        *(judged(order, plausible, alternatives=(CTA, CT)) for order in orders), plausible=plausible
    )

    cards = cards_of(decision)

    uuids = [card.uuid for card in cards] + [s.uuid for card in cards for s in card.suggestions]
    assert len(uuids) == len(set(uuids))


def test_every_action_has_a_description_and_every_suggestion_one_action() -> None:
    decision = a_decision(judged(an_order(), alternatives=(CTA, CT)), complement_for=0)

    answer = answer_to(decision)

    assert not isinstance(answer.system_actions, msgspec.UnsetType)
    suggestions = answer.cards[0].suggestions
    assert all(len(s.actions) == 1 for s in suggestions)
    assert all(a.description for s in suggestions for a in s.actions)
    assert all(action.description for action in answer.system_actions)


def test_empty_members_are_left_out() -> None:
    decision = a_decision(not_rated(an_unknown_order("Thorax"), Outcome.NOT_RECOGNISED))

    written = msgspec.json.decode(msgspec.json.encode(answer_to(decision)))

    assert set(written) == {"cards"}
    assert set(written["cards"][0]) == {"uuid", "summary", "indicator", "source", "detail", "links"}


def test_system_actions_come_twice_unless_switched_off() -> None:
    decision = a_decision(judged(an_order()))

    both = msgspec.json.decode(msgspec.json.encode(answer_to(decision)))
    once = msgspec.json.decode(
        msgspec.json.encode(answer_to(decision, options=CardOptions(extension_system_actions=False)))
    )

    assert both["extension"]["systemActions"] == both["systemActions"]
    assert "extension" not in once


def test_the_same_input_gives_the_same_answer() -> None:
    decision = a_decision(judged(an_order(), alternatives=(CTA, CT)))

    assert msgspec.json.encode(answer_to(decision)) == msgspec.json.encode(answer_to(replace(decision)))
