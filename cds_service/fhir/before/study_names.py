"""Whether the name of an order is one of imaging, and whether it names another part of the body."""

import re
from collections.abc import Iterable

from cds_service.knowledge.terminology.concepts import Concept, Role
from cds_service.knowledge.terminology.terminology import Terminology
from cds_service.knowledge.terminology.words import tokens_of

# Words of the names of orders that say nothing of what is imaged.
_PLAIN = frozenset(
    {
        "and", "the", "for", "with", "without", "non", "contrast", "intravenous", "enhanced", "unenhanced",
        "scan", "scans", "study", "exam", "examination", "order", "procedure", "protocol", "diagnostic",
        "routine", "stat", "urgent", "emergency", "portable", "view", "views", "series", "local", "standard",
        "low", "dose", "high", "resolution", "limited", "complete", "adult", "pediatric", "inpatient",
        "outpatient", "department", "dept", "service", "request", "code", "new",
    }
)  # fmt: skip


# Parts of the body whose vessels are embolized, where the words of the names of studies do not list them.
_EMBOLIZED_ELSEWHERE = frozenset(
    {
        "spleen", "splenic", "hepatic", "celiac", "coeliac", "mesenteric", "gastric", "gastroduodenal",
        "gastrointestinal", "gi", "stomach", "duodenum", "duodenal", "pancreas", "pancreatic", "colon",
        "colic", "rectum", "rectal", "hemorrhoid", "hemorrhoidal", "intestine", "intestinal", "portal",
        "adrenal", "uterus", "uterine", "fibroid", "fibroids", "ovary", "ovarian", "testicular", "gonadal",
        "varicocele", "prostate", "prostatic", "bladder", "iliac", "hypogastric", "pudendal", "femoral",
        "popliteal", "genicular", "geniculate", "meningeal", "cerebral", "intracranial", "maxillary",
        "sphenopalatine", "nasal", "nose", "epistaxis", "thyroid", "gluteal", "thigh",
        "rate", "splenique", "hepatique", "mesenterique", "gastrique", "estomac", "duodenale",
        "pancreatique", "renale", "uterin", "prostatique", "vessie", "iliaque", "femorale", "coeliaque",
        "nez", "cerebrale", "thyroide", "hemorroides", "hemorroidaire",
    }
)  # fmt: skip


# `region=` is always a part of the chest, or the whole body; other parts are `other=`.
_SAYING_NO_OTHER_PART = ("modality=", "contrast=", "category=", "region=")


def names_imaging(names: Iterable[str], terminology: Terminology) -> bool:
    """True when one of the names is of imaging."""
    return any(
        terminology.is_imaging_word(name) or terminology.study_in(name).is_chest_imaging for name in names
    )


def is_of_another_part(names: Iterable[str], terminology: Terminology) -> bool:
    """True when the names say what is imaged and none of them says that it is the chest.

    A name of nothing but modality, contrast and local numbers leaves it open, and so does one that
    names what hemoptysis is ordered for.
    """
    written = tuple(names)
    if any(_names_chest(name, terminology) or _names_reason(name, terminology) for name in written):
        return False
    return any(_is_telling(token, terminology) for name in written for token in tokens_of(name))


def names_bronchial_embolization(names: Iterable[str], terminology: Terminology) -> bool:
    """True when one of the names of an embolization names the bronchial artery, and does not negate it."""
    bronchial = [terminology.order_code(c) for c in terminology.codes_of(Concept.BRONCHIAL_EMBOLIZATION)]
    procedures = {code.procedure for code in bronchial if code}
    return any(terminology.study_in(f"embolization {name}").procedure in procedures for name in names)


def is_embolization_elsewhere(names: Iterable[str], terminology: Terminology) -> bool:
    """True when the names of an embolization name a part of the body that is listed, and not the chest."""
    written = tuple(names)
    if any(_names_chest(name, terminology) for name in written):
        return False
    return any(names_other_part(token, terminology) for name in written for token in tokens_of(name))


def names_other_part(token: str, terminology: Terminology) -> bool:
    """True for a word of a listed part of the body that is not the chest."""
    meanings = terminology.study_words.meanings.get((token,), ())
    return token in _EMBOLIZED_ELSEWHERE or tuple(meanings) == ("other=region",)


def _names_chest(name: str, terminology: Terminology) -> bool:
    """True for `Thorax protocol B` too: what is filed as imaging need not repeat how it is imaged."""
    return terminology.study_in(name).is_chest_imaging or terminology.study_in(f"ct {name}").is_chest_imaging


def _names_reason(name: str, terminology: Terminology) -> bool:
    return any(
        match.concept is Concept.HEMOPTYSIS or terminology.has_role(match.concept, Role.CAUSE)
        for match in terminology.concepts_in(name)
    )


def _is_telling(token: str, terminology: Terminology) -> bool:
    """True for a word that is no number, no modality, not the chest and none of those that say nothing."""
    if len(token) < 3 or re.search(r"\d", token) or token in _PLAIN:
        return False
    meanings = terminology.study_words.meanings.get((token,), ())
    is_known = any(meaning.startswith(_SAYING_NO_OTHER_PART) for meaning in meanings)
    return not is_known or any(meaning.startswith("other=") for meaning in meanings)
