"""Every rule is one row: its statement, what it rests on, the function that applies it, and its sentences."""

import re
from collections.abc import Iterable, Iterator
from functools import cache

import pytest

from cds_service.cards import texts
from cds_service.cards.phrases import caution_text, evidence_text
from cds_service.clinical.cautions import cautions_for
from cds_service.clinical.chart import Chart
from cds_service.clinical.classify import classify
from cds_service.clinical.decision import Evidence, RuleId
from cds_service.clinical.evidence.blood import volume_evidence
from cds_service.clinical.evidence.calm import calm_evidence
from cds_service.clinical.evidence.sums import blood_of
from cds_service.clinical.rules import CAUTIONS_REST_ON, RULES, Rule
from cds_service.knowledge.model import CautionId
from cds_service.web.rule_book import shown
from tests.clinical.chart import judged_chart, knowledge, oxygen_flow
from tests.clinical.patterns.catalog import every_pattern
from tests.clinical.rule_book import rule_book
from tests.clinical.test_cautions import CASES as CAUTION_CASES


def applied(rule: Rule, chart: Chart) -> Iterator[Evidence]:
    """What the functions of a rule find in a chart."""
    for function in rule.applied_by:
        reads_blood = function in (volume_evidence, calm_evidence)
        found: Iterable[Evidence] = function(chart, blood_of(chart)) if reads_blood else function(chart)
        yield from found


@cache
def charts() -> tuple[Chart, ...]:
    """The charts of every pattern, and one for each rule that no pattern is about."""
    own = (judged_chart(oxygen_flow(4)),)
    return (*(judged_chart(*pattern.facts) for pattern in every_pattern()), *own)


def is_said_by(text: str, sentences: Iterable[str]) -> bool:
    """True for a text that one of the sentences becomes when its places are filled."""
    patterns = (re.escape(shown(sentence)).replace("…", ".+") for sentence in sentences)
    return any(re.fullmatch(pattern, text) for pattern in patterns)


def test_every_rule_and_every_caution_is_in_the_table_once() -> None:
    assert [rule.id for rule in RULES] == list(RuleId)
    assert set(CAUTIONS_REST_ON) == set(CautionId)


def test_every_rule_and_every_caution_has_its_statement_and_its_sentences() -> None:
    assert set(texts.RULE) == set(texts.SENTENCES_OF_RULE) == set(RuleId)
    assert set(texts.SENTENCES_OF_CAUTION) == set(CautionId)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_is_applied_by_its_function_with_no_effect_but_its_own(rule: Rule) -> None:
    effects = {e.effect for chart in charts() for e in classify(chart).evidence if e.rule is rule.id}
    found = any(e.rule is rule.id for chart in charts() for e in applied(rule, chart))

    assert found, "no chart is about the rule"
    assert effects <= set(rule.effects)


def test_from_a_sentence_on_a_card_the_rule_is_found() -> None:
    strays = {
        (e.rule, evidence_text(e))
        for chart in charts()
        for e in classify(chart).evidence
        if not is_said_by(evidence_text(e), texts.SENTENCES_OF_RULE[e.rule])
    }

    assert strays == set()


def test_from_a_sentence_on_a_card_the_caution_is_found() -> None:
    found = [c for case in CAUTION_CASES for c in cautions_for(judged_chart(*case.facts))]

    assert {c.id for c in found} == set(CautionId)
    assert all(is_said_by(caution_text(c, knowledge()), texts.SENTENCES_OF_CAUTION[c.id]) for c in found)


def test_a_limit_that_evidence_crosses_is_one_of_its_rule() -> None:
    by_id = {rule.id: rule for rule in RULES}

    strays = {
        (e.rule, e.definition)
        for chart in charts()
        for e in classify(chart).evidence
        if e.definition and e.definition not in by_id[e.rule].definitions
    }

    assert strays == set()


def test_the_page_names_every_rule_every_caution_and_every_sentence() -> None:
    page = rule_book()

    every = [*texts.SENTENCES_OF_RULE.values(), *texts.SENTENCES_OF_CAUTION.values()]
    sentences = [shown(sentence) for sentences in every for sentence in sentences]
    assert [name for name in (*RuleId, *CautionId) if f"### `{name}`" not in page] == []
    assert [sentence for sentence in sentences if f"“{sentence}”" not in page] == []
