"""Charted text is shown as it reads, and nothing in it acts: no tag, link, cell, heading or turned line."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from cds_service.cards.markdown import LABEL_LIMIT, markdown, one_line, plain
from cds_service.clinical.decision import (
    Caution,
    Effect,
    Evidence,
    IndicationBasis,
    RuleId,
)
from cds_service.clinical.facts import Reason
from cds_service.clinical.time import Moment
from cds_service.knowledge.kinds import Kind
from cds_service.knowledge.model import CautionId
from cds_service.knowledge.terminology.concepts import Concept
from tests.unit.cards.builders import (
    NONMASSIVE,
    NOW,
    a_classification,
    a_decision,
    an_order,
    an_unknown_order,
    cards_of,
    judged,
    not_rated,
    some_facts,
)

PIECES = (
    "<img src=x onerror=alert(1)>",
    "</td>",
    "<!-- ",
    "[click](http://evil.example)",
    "![x](y)",
    "http://evil.example/a",
    "www.evil.example",
    "someone@evil.example",
    "javascript:alert(1)",
    "<https://evil.example>",
    "| a | b |",
    "`code`",
    "**bold**",
    "__bold__",
    "~~struck~~",
    "# heading",
    "1. one",
    "- item",
    "\n\n---\n",
    "\r\n> quote",
    "\u202eturned",
    "\u2066isolated",
    "\u200bzero",
    "\x00\x07",
    "&lt;b&gt;",
    "\\",
    "CT chest",
    " ",
)
hostile = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=20)), max_size=8).map("".join)

RENDERER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
ADDRESS = re.compile(r"https?://|\w\.[^\W\d]|\w@\w", re.IGNORECASE)
TAG = re.compile(r"<(/?\w+)[^>]*>")


def rendered(text: str) -> str:
    return str(RENDERER.render(text))


def tags_in(text: str) -> list[str]:
    return TAG.findall(rendered(text))


@given(hostile)
def test_charted_text_renders_as_text_alone(text: str) -> None:
    shown = rendered(f"Charted {markdown(text)} end")

    assert set(TAG.findall(shown)) <= {"p", "/p"}
    assert not ADDRESS.search(shown)


@given(hostile)
def test_charted_text_stays_in_its_cell(text: str) -> None:
    table = f"| a | b |\n| --- | --- |\n| {markdown(text)} | end |"

    assert tags_in(table).count("td") == 2


@given(hostile)
def test_charted_text_at_the_start_of_an_item_begins_nothing(text: str) -> None:
    tags = tags_in(f"- {markdown(text)}\n- next")

    assert set(tags) <= {"ul", "/ul", "li", "/li"}
    assert tags.count("li") == 2


@given(hostile)
def test_charted_text_is_one_bounded_line_without_hidden_characters(text: str) -> None:
    line = one_line(text)

    assert len(line) <= LABEL_LIMIT
    assert not any(unicodedata.category(character) in {"Cc", "Cf", "Zl", "Zp"} for character in line)
    assert line == " ".join(line.split())


@given(hostile)
def test_plain_text_holds_no_angle_bracket(text: str) -> None:
    assert not set(plain(text)) & set("<>")


@pytest.mark.parametrize(
    "text", ["CT thorax w/o contrast (2.5 mm)", "SpO2 < 90 %", "a_b * c", "Hémoptysie, 1/2 verre", "R&D"]
)
def test_harmless_text_reads_the_same(text: str) -> None:
    shown = rendered(markdown(text)).removeprefix("<p>").strip().removesuffix("</p>")

    assert shown.replace("&lt;", "<").replace("&amp;", "&") == text


def test_long_text_is_cut_with_an_ellipsis() -> None:
    assert plain("CT " * 100, 10) == "CT CT CT…"


def test_the_cut_never_leaves_half_an_escape() -> None:
    assert markdown("*" * 200, 5) == r"\*\*\*\*…"


@given(hostile)
def test_a_detail_full_of_hostile_text_has_the_same_structure_as_a_harmless_one(text: str) -> None:
    filled = tags_in(_detail_with(f"x{text}"))

    assert filled == tags_in(_detail_with("x"))


def _detail_with(text: str) -> str:
    """The detail of an order whose every charted text is this one."""
    moment = Moment(NOW, NOW, text)
    order = an_order(
        title=text,
        matched_name=text,
        recognition="by-name",
        reason=Reason("cause-or-symptom", label=text),
    )
    evidence = Evidence(
        RuleId.EARLIER_EPISODE, Effect.PROVES_RECURRENCE, Concept.HEMOPTYSIS, moment, charted=text + "y"
    )
    caution = Caution(CautionId.ANTICOAGULATION, Concept.ANTICOAGULANT, text, moment, by_text=text)
    decision = a_decision(
        judged(order, indication=IndicationBasis.CHART_WITH_RELATED_REASON),
        classification=a_classification(NONMASSIVE, evidence=(evidence,)),
        cautions=(caution,),
        not_assessed=(Kind.LABS,),
    )
    return cards_of(decision, facts=some_facts(unreadable={Kind.VITALS: 1}))[0].detail


@given(hostile)
def test_summaries_labels_and_descriptions_are_plain_lines(text: str) -> None:
    decision = a_decision(not_rated(an_unknown_order(text), "not-recognized"))

    (card,) = cards_of(decision)

    assert "\n" not in card.summary
    assert not set(card.summary) & set("<>")
    assert len(card.summary) < 140


def test_a_word_wider_than_a_narrow_panel_can_be_broken() -> None:
    assert "\u200b" in markdown("CT_THORAX_WITHOUT_CONTRAST_LOW_DOSE")
    assert "\u200b" not in markdown("Bronchiectasis, uncomplicated")


@pytest.mark.parametrize(
    ("text", "limit", "said"),
    [
        ("tranexamic acid 500 mg", 18, "tranexamic acid…"),
        ("apixaban 2.5 mg", 11, "apixaban…"),
        ("apixaban 2.5 mg", 13, "apixaban 2.5…"),
        ("blood 1,000 mL", 8, "blood…"),
        ("Pulmonary tuberculosis", 18, "Pulmonary tubercu…"),
        ("1234567890", 6, "12345…"),
    ],
)
def test_a_text_is_not_cut_within_a_number(text: str, limit: int, said: str) -> None:
    assert plain(text, limit) == said
