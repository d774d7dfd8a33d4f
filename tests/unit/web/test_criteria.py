"""The pages for clinicians say the knowledge in force, whole, with where each thing comes from."""

import gzip
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from cds_service.app import create_app
from cds_service.clinical.rules import RULES
from cds_service.knowledge.definitions import DefinitionId
from cds_service.knowledge.load import load_knowledge
from cds_service.knowledge.model import AdviceKind, CautionId, Discrepancy, Variant
from cds_service.setting_values import SHIPPED_KNOWLEDGE
from cds_service.settings import Settings
from cds_service.web.criteria import VARIANTS, limits_by_use
from tests.contract.validator import outcome_faults
from tests.unit.docs.test_seed_statements import plain, text_at

PAGES = (
    *("/criteria", "/criteria/massive", "/criteria/nonmassive", "/criteria/recurrent", "/rules"),
    *("/patient", "/patient/en", "/patient/fr"),
)
WORDS = {
    "usually-appropriate": "usually appropriate",
    "may-be-appropriate": "may be appropriate",
    "usually-not-appropriate": "usually not appropriate",
}
KNOWLEDGE = load_knowledge()


@pytest.mark.parametrize("address", PAGES)
def test_a_page_is_light_and_answers_head(client: FlaskClient, address: str) -> None:
    answer = client.get(address)
    styles = [client.get("/" + path).data for path in re.findall(r'href="[./]*(static/[^"]+)"', answer.text)]

    assert answer.status_code == client.head(address).status_code == 200
    assert len(styles) >= 2
    assert sum(len(gzip.compress(part)) for part in (answer.data, *styles)) < 120 * 1024


def test_every_link_within_the_service_leads_to_a_place_that_is_there(client: FlaskClient) -> None:
    walked = 0
    for address in ("/", *PAGES):
        for target in re.findall(r'<a [^>]*href="([^"]+)"', client.get(address).text):
            if not target.startswith("https://"):
                path, _, anchor = target.partition("#")
                answer = client.get(resolved(address, path))
                assert answer.status_code == 200, (address, target)
                assert not anchor or f'id="{anchor}"' in answer.text, (address, target)
                walked += 1

    assert walked > 100


def resolved(address: str, path: str) -> str:
    """The address that a relative path leads to."""
    if not path:
        return address
    depth = address.count("/") - 1
    assert path.startswith("../" * depth or "./"), path
    return "/" + path.removeprefix("../" * depth or "./")


@pytest.mark.parametrize("variant", Variant)
def test_a_variant_shows_its_six_ratings_with_score_level_and_support(
    client: FlaskClient, variant: Variant
) -> None:
    page = client.get(f"/criteria/{variant}").text

    for procedure in KNOWLEDGE.rated_procedures():
        rating, row = KNOWLEDGE.ratings[variant, procedure.id], text_at(page, procedure.id)
        assert procedure.name in row
        assert WORDS[rating.category] in row
        assert ("score" in row) == (rating.score is not None)
        assert rating.score is None or f"score {rating.score}" in row
        assert procedure.radiation_adult is not None
        assert procedure.radiation_adult.dose_range_msv.replace("-", "–") in row
        assert ("to be confirmed" in row) == (rating.support == "single-extract")


def test_the_whole_table_shows_every_score_once(client: FlaskClient) -> None:
    ratings = text_at(client.get("/criteria").text, "ratings")

    assert re.findall(r"score \d", ratings) == ["score 8", "score 8", "score 7", "score 8"]


def test_every_limit_stands_on_the_page_once_with_its_source_and_whether_the_site_set_it(
    client: FlaskClient,
) -> None:
    page = client.get("/criteria").text

    for limit in KNOWLEDGE.definitions.values():
        row = text_at(page, limit.id)
        assert limit.words in row
        assert KNOWLEDGE.sources[limit.source].publisher in row
        assert ("site limit" in row) == (limit.basis == "project-default")
        assert page.count(f'<tr role="row" id="{limit.id}"') == 1


def test_every_limit_belongs_to_one_use() -> None:
    placed = [limit for limits in limits_by_use().values() for limit in limits]

    assert sorted(placed) == sorted(DefinitionId)


def test_no_page_calls_a_limit_from_no_guideline(client: FlaskClient) -> None:
    assert [a for a in PAGES if "no guideline" in client.get(a).text] == []


def test_every_source_and_the_license_stand_on_the_page(client: FlaskClient) -> None:
    page = client.get("/criteria").text

    assert [source for source in KNOWLEDGE.sources if f'id="source-{source}"' not in page] == []
    assert "commercially licensed" in text_at(page, "license")
    assert "before clinical use" in text_at(page, "license")


@pytest.mark.parametrize("address", PAGES[:5])
def test_every_source_that_a_page_cites_is_listed_on_it(client: FlaskClient, address: str) -> None:
    page = client.get(address).text

    assert {*re.findall(r'href="#source-([^"]+)"', page)} <= {*re.findall(r'id="source-([^"]+)"', page)}


def test_every_caution_stands_on_the_page_and_metformin_with_the_stricter_label(client: FlaskClient) -> None:
    page = client.get("/criteria").text

    for caution in KNOWLEDGE.cautions.values():
        assert caution.text in text_at(page, f"caution-{caution.id}")
    assert "The drug label is stricter: hold at eGFR 30 to 60" in text_at(page, "caution-metformin")


@pytest.mark.parametrize("discrepancy", KNOWLEDGE.discrepancies, ids=lambda d: d.id)
def test_a_discrepancy_stands_on_the_page_of_its_variant(
    client: FlaskClient, discrepancy: Discrepancy
) -> None:
    for address in ("/criteria", f"/criteria/{discrepancy.variant}"):
        text = text_at(client.get(address).text, "discrepancies")
        assert discrepancy.says in text
        assert discrepancy.right in text


@pytest.mark.parametrize("variant", [None, *VARIANTS])
def test_a_note_stands_on_the_page_of_its_variant_and_on_the_whole_and_nowhere_else(
    client: FlaskClient, variant: Variant | None
) -> None:
    text = text_at(client.get(f"/criteria/{variant}" if variant else "/criteria").text, "discrepancies")

    notes = [advice for advice in KNOWLEDGE.advice if advice.kind == AdviceKind.CRITERIA_NOTE]
    shown = {note.id for note in notes if note.text in text}
    assert {note.variant for note in notes} >= {None, Variant.RECURRENT}
    assert shown == {note.id for note in notes if variant is None or note.variant in (None, variant)}


@pytest.mark.parametrize("address", PAGES[:4])
@pytest.mark.parametrize("sent_as", ["appropriate", "not-appropriate"])
def test_the_page_says_as_what_may_be_appropriate_is_sent(
    settings: Settings, address: str, sent_as: str
) -> None:
    changed = replace(settings, may_be_appropriate=sent_as)  # type: ignore[arg-type]

    text = text_at(create_app(changed).test_client().get(address).text, "pama")

    assert f"At this site it is sent as {sent_as} ;" in text
    assert "CDS_MAY_BE_APPROPRIATE" in text
    assert f"may be appropriate {sent_as}" in text


def test_management_of_each_variant_is_what_the_data_say(client: FlaskClient) -> None:
    kinds = {
        Variant.MASSIVE: AdviceKind.SEVERE,
        Variant.NONMASSIVE: AdviceKind.PERSISTING,
        Variant.RECURRENT: AdviceKind.SURGERY,
    }
    for variant, kind in kinds.items():
        text = text_at(client.get(f"/criteria/{variant}").text, "management")
        for advice in (*KNOWLEDGE.advice_on(AdviceKind.ALWAYS), *KNOWLEDGE.advice_on(kind)):
            assert advice[:1].upper() + advice[1:] in text, (variant, advice)


def test_the_pages_are_those_of_a_sites_own_criteria(settings: Settings, tmp_path: Path) -> None:
    own = tmp_path / "own"
    shutil.copytree(SHIPPED_KNOWLEDGE, own)
    limits = own / "definitions.toml"
    limits.write_text(limits.read_text().replace('value = "200"', 'value = "240"', 1))

    page = create_app(replace(settings, knowledge_dir=own)).test_client().get("/criteria/massive").text

    assert "from 240 mL" in text_at(page, "volume-24h-massive")


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A site's own criteria: doses with their unit, a variant renamed, and two sources left out."""
    folder = Path(shutil.copytree(SHIPPED_KNOWLEDGE, tmp_path / "own"))
    for path in (folder / "definitions.toml", folder / "ratings.csv", folder / "sources.toml"):
        text = path.read_text()
        for source in ("fda-metformin-2016", "acr-ratings-appendix"):
            text = re.sub(rf"^\[{source}\]\n(?:.+\n)+", "", text, flags=re.MULTILINE)
            text = text.replace(source, "project")
        path.write_text(text)
    procedures, edition = folder / "procedures.csv", folder / "edition.toml"
    procedures.write_text(procedures.read_text().replace(",1-10,", ",1-10 mSv,"))
    edition.write_text(edition.read_text().replace("Recurrent hemoptysis. Initial", "Again. First"))
    return folder


@pytest.mark.parametrize("address", PAGES[:5])
def test_a_site_may_write_doses_with_their_unit_and_leave_sources_out(
    settings: Settings, own: Path, address: str
) -> None:
    answer = create_app(replace(settings, knowledge_dir=own)).test_client().get(address)

    assert answer.status_code == 200
    assert "mSv mSv" not in answer.text
    assert address == "/rules" or "1–10 mSv" in answer.text
    assert "source-fda-metformin-2016" not in answer.text
    assert "source-acr-ratings-appendix" not in answer.text


def test_the_page_of_a_variant_has_the_name_that_the_edition_gives_it(settings: Settings, own: Path) -> None:
    names = {
        SHIPPED_KNOWLEDGE: "Recurrent hemoptysis. Initial imaging",
        own: "Again. First imaging",
    }
    for folder, name in names.items():
        app = create_app(replace(settings, knowledge_dir=folder))
        assert name in app.test_client().get("/criteria/recurrent").text


@pytest.mark.parametrize("address", ["/criteria/undetermined", "/criteria/Massive", "/criteria/x"])
def test_an_unknown_variant_is_not_there(client: FlaskClient, address: str) -> None:
    outcome, page = client.get(address), client.get(address, headers={"Accept": "text/html"})

    assert outcome.status_code == page.status_code == 404
    assert outcome_faults(outcome.get_json(force=True), status=404) == []
    assert "there are massive, nonmassive, recurrent" in page.text


def test_every_rule_caution_and_limit_has_its_anchor(client: FlaskClient) -> None:
    page = client.get("/rules").text
    ids = re.findall(r' id="([^"]+)"', page)

    assert {*(rule.id for rule in RULES), *CautionId, *DefinitionId} <= {*ids}
    assert len({*ids}) == len(ids)


def test_the_page_and_the_reference_of_the_rules_say_the_same(client: FlaskClient) -> None:
    page, reference = client.get("/rules").text, Path("docs/reference/rules.md").read_text()

    for rule in RULES:
        text = text_at(page, rule.id)
        section = reference.partition(f"### `{rule.id}`\n")[2].partition("\n### ")[0]
        for line in section.partition("## ")[0].strip().splitlines():
            said = re.sub(r"\[`([^`]+)`\]\(#definitions\)|`([^`]+)`", r"\1\2", line)
            for words in re.split(r", |; |: ", said.removeprefix("- ")):
                assert plain(words).replace("Definitions", "Limits") in re.sub(
                    r" ([,;)])|(\() ", r"\1\2", text
                ), (rule.id, words)
