"""Imaging studies: which one an order or a report means, by code and else by name."""

from collections.abc import Iterable, Iterator, Sequence, Set
from typing import Final

from msgspec.structs import replace

from cds_service.fhir.codes import Coded, Meanings, coded_from
from cds_service.fhir.elements import CodeableConcept, Extension, FhirCoding
from cds_service.knowledge.model import Knowledge, Modality, Procedure
from cds_service.knowledge.terminology.concepts import Coding, Concept, Study
from cds_service.knowledge.terminology.study_names import OPEN_CONTRAST, Tokens
from cds_service.knowledge.terminology.words import tokens_of


def study_by_code(coded: Coded, meanings: Meanings) -> Study | None:
    """The study that the codes stand for: the most specific, and what disagreeing ones stand for."""
    knowledge = meanings.knowledge
    listed = [code for coding in coded.codings if (code := meanings.of(coding).order_code)]
    known = [code for code in listed if code.procedure]
    if not known:
        return None
    best = max(known, key=lambda code: _specificity(code.procedure, knowledge))
    same = [code for code in known if code.procedure == best.procedure]
    return Study(
        procedure=best.procedure,
        is_pulmonary_arteries=any(code.is_pulmonary_arteries for code in same),
        needs_hemoptysis_reason=all(code.needs_hemoptysis_reason for code in same),
        other_procedures=_others(known, best, knowledge),
        has_other_regions=any(code.has_other_regions for code in listed),
        may_be_cta=all(code.may_be_cta for code in same),
    )


def _others(known: list[Study], best: Study, knowledge: Knowledge) -> tuple[str, ...]:
    """What the other codes stand for, if that disagrees: `CT of chest` beside a CT with contrast does not."""
    procedures = dict.fromkeys(code.procedure for code in known if code.procedure != best.procedure)
    return tuple(p for p in procedures if not _is_covered(p, best.procedure, knowledge))


def _is_covered(general: str, special: str, knowledge: Knowledge) -> bool:
    found, best = knowledge.procedures.get(general), knowledge.procedures.get(special)
    if found is None or best is None or found.topic_status != "contrast-unspecified":
        return False
    return best.modality is found.modality or {best.modality, found.modality} == {Modality.CT, Modality.CTA}


def _specificity(procedure: str, knowledge: Knowledge) -> int:
    """Known contrast over contrast unspecified."""
    found = knowledge.procedures.get(procedure)
    return 0 if found is None or found.topic_status == "contrast-unspecified" else 1


def study_by_name(names: Iterable[str], meanings: Meanings) -> Study | None:
    """The one study that the names mean, the most specific; none when they contradict each other."""
    named = {name: study for name in names if (study := meanings.study_in(name)).procedure}
    if not named:
        return None
    name, best = max(named.items(), key=lambda item: _specificity(item[1].procedure, meanings.knowledge))
    if _others([*named.values()], best, meanings.knowledge):
        return None
    return replace(best, matched_name=name, has_other_regions=names_other_regions(named, meanings))


def names_other_regions(names: Iterable[str], meanings: Meanings) -> bool:
    """True when one of the names is of the chest and of further regions."""
    return any(map(meanings.terminology.names_further_part, names))


def settled(study: Study, names: Sequence[str], instructions: Iterable[str], meanings: Meanings) -> Study:
    """The study of an order, where its code leaves something open as its names and instructions settle it.

    A code that says nothing of contrast, or that cannot tell CT with contrast from CT angiography, is what
    the names say. Contrast stated in the instructions counts; where it contradicts the study or itself, the
    contrast is not specified.
    """
    procedure = meanings.knowledge.procedures[study.procedure]
    if procedure.modality not in (Modality.CT, Modality.CTA) or procedure.topic_status == "not-in-topic":
        return study
    contrast_in = meanings.terminology.study_words.contrast_in
    stated = {said for text in instructions if (said := contrast_in(text))}
    return _with_contrast(_settled_by_name(study, names, meanings), stated, meanings.knowledge)


def _settled_by_name(study: Study, names: Sequence[str], meanings: Meanings) -> Study:
    """A CT with contrast by name is no word against CT angiography; a CT angiography by name is one."""
    procedures = meanings.knowledge.procedures
    is_open = study.may_be_cta or procedures[study.procedure].topic_status == "contrast-unspecified"
    named = study_by_name(names, meanings) if is_open and not study.matched_name else None
    if named is None:
        return study
    is_told = _is_covered(study.procedure, named.procedure, meanings.knowledge)
    if study.may_be_cta:
        is_told = procedures[named.procedure].modality is Modality.CTA
    if not is_told:
        return study
    has_others = study.has_other_regions or named.has_other_regions
    return replace(named, has_other_regions=has_others, other_procedures=study.other_procedures)


def _with_contrast(study: Study, stated: Set[str], knowledge: Knowledge) -> Study:
    procedure = knowledge.procedures[study.procedure]
    is_open = procedure.topic_status == "contrast-unspecified"
    if not stated or (not is_open and all(_is_given(contrast, procedure) for contrast in stated)):
        return study
    wanted = next(iter(stated)) if is_open and len(stated) == 1 else OPEN_CONTRAST
    return replace(study, procedure=_ct_of_chest(wanted, knowledge), may_be_cta=False)


def _is_given(stated: str, procedure: Procedure) -> bool:
    """True when the contrast that is stated is the study's own, or a part of it."""
    is_part = stated == "with" and procedure.contrast == "without-and-with"
    is_of_cta = procedure.modality is Modality.CTA and stated != "without"
    return is_part or is_of_cta or stated == procedure.contrast


def _ct_of_chest(contrast: str, knowledge: Knowledge) -> str:
    """The CT of the chest of the topic with this contrast."""
    return next(
        procedure.id
        for procedure in knowledge.procedures.values()
        if procedure.modality is Modality.CT
        and procedure.contrast == contrast
        and procedure.topic_status != "not-in-topic"
    )


def code_of_study(*concepts: CodeableConcept | None) -> Coded:
    """The code of an order or a report, with the codes in its extensions, where some put the CPT."""
    own = coded_from(*concepts)
    added = [coding for concept in concepts if concept for coding in _extension_codings(concept)]
    return Coded(own.codings + tuple(added), own.texts, own.displays) if added else own


def _extension_codings(element: CodeableConcept | FhirCoding | Extension) -> Iterator[Coding]:
    """The Codings in the extensions of a code and of its codings, however deep."""
    if isinstance(element, CodeableConcept):
        for coding in element.coding:
            yield from _extension_codings(coding)
    for extension in element.extension:
        yield from _codings_of(extension)
        yield from _extension_codings(extension)


def _codings_of(extension: Extension) -> Iterator[Coding]:
    concept = extension.value_codeable_concept
    for coding in (extension.value_coding, *(concept.coding if concept else ())):
        if coding and (code := (coding.code or "").strip()):
            yield Coding((coding.system or "").strip(), code, (coding.display or "").strip())
    if code := ((extension.value_code or "").strip() or (extension.value_string or "").strip()):
        yield Coding((extension.url or "").strip().rpartition("/")[2], code)


def study_of(coded: Coded, meanings: Meanings) -> str:
    """The id of the study that something done was; empty for everything else."""
    study = study_by_code(coded, meanings) or study_by_name(coded.words, meanings)
    return "" if study is None or study.needs_hemoptysis_reason else study.procedure


_SAYING_ANOTHER: Final = frozenset(("other=region", "other=organ", "other=procedure", "other=guidance"))


def is_known_as_none(coded: Coded, meanings: Meanings) -> bool:
    """True for a code that orders none of the studies of the chest, unless its words name imaging of it.

    A code of the thoracic aorta is none that is rated, and chest imaging for all that.
    """
    if any(meanings.study_in(words).is_chest_imaging for words in coded.words):
        return False
    known = map(meanings.of, coded.codings)
    return any(m.is_not_imaging or (m.order_code and not m.order_code.procedure) for m in known)


def names_imaging(names: Iterable[str], meanings: Meanings) -> bool:
    """True when one of the names is of imaging."""
    is_imaging_word = meanings.terminology.is_imaging_word
    return any(is_imaging_word(name) or meanings.study_in(name).is_chest_imaging for name in names)


def may_be_chest_imaging(coded: Coded, names: Iterable[str], meanings: Meanings) -> bool:
    """True for names of imaging that name no other listed part of the body: words not known leave it open."""
    written, study_words = tuple(names), meanings.terminology.study_words
    modalities = {modality for name in written for modality in study_words.said_in(name)["modality"]}
    is_embolized_elsewhere = "embolization" in modalities and is_embolization_elsewhere(written, meanings)
    is_elsewhere = is_embolized_elsewhere or any(map(study_words.is_elsewhere, written))
    return bool(modalities) and not (is_elsewhere or is_known_as_none(coded, meanings))


def is_of_another_part(names: Iterable[str], meanings: Meanings) -> bool:
    """True when the names name another part of the body that is listed, and none of them the chest.

    A name of nothing but modality, contrast and words that are not known leaves it open, and so does one
    that names what hemoptysis is ordered for.
    """
    written = tuple(names)
    study_words = meanings.terminology.study_words
    if any(study_words.is_no_study(name) for name in written):
        return True
    if any(_names_chest(name, meanings) or _names_reason(name, meanings) for name in written):
        return False
    phrases = (phrase for name in written for phrase in study_words.phrases_in(name))
    return any(_is_telling(phrase, meanings) for phrase in phrases)


def names_bronchial_embolization(names: Iterable[str], meanings: Meanings) -> bool:
    """True when one of the names of an embolization names the bronchial artery, and does not negate it."""
    bronchial = [
        meanings.of(c).order_code for c in meanings.terminology.codes_of(Concept.BRONCHIAL_EMBOLIZATION)
    ]
    procedures = {code.procedure for code in bronchial if code}
    return any(meanings.study_in(f"embolization {name}").procedure in procedures for name in names)


def is_embolization_elsewhere(names: Iterable[str], meanings: Meanings) -> bool:
    """True when the names of an embolization name a part of the body that is listed, and not the chest."""
    written = tuple(names)
    if any(_names_chest(name, meanings) for name in written):
        return False
    return any(names_other_part(token, meanings) for name in written for token in tokens_of(name))


_OTHER_PARTS: Final = (("other=region",), ("other=organ",))


def names_other_part(token: str, meanings: Meanings) -> bool:
    """True for a word of a listed part of the body that is not the chest."""
    said = meanings.terminology.study_words.meanings.get((token,), ())
    return token in meanings.knowledge.words.embolized_elsewhere or tuple(said) in _OTHER_PARTS


def _names_chest(name: str, meanings: Meanings) -> bool:
    """True for `Thorax protocol B` too: what is filed as imaging need not repeat how it is imaged."""
    return meanings.study_in(name).is_chest_imaging or meanings.study_in(f"ct {name}").is_chest_imaging


def _names_reason(name: str, meanings: Meanings) -> bool:
    has_role = meanings.terminology.has_role
    return any(
        match.concept is Concept.HEMOPTYSIS or has_role(match.concept, "cause")
        for match in meanings.in_text(name)
    )


def _is_telling(phrase: Tokens, meanings: Meanings) -> bool:
    """True for a listed part of the body that is not the chest: a word that is not listed tells none."""
    listed = meanings.terminology.study_words.meanings
    said = listed.get(phrase) or listed.get((*phrase[:-1], phrase[-1].removesuffix("s")), ())
    return not _SAYING_ANOTHER.isdisjoint(said)
