"""Check digits of SNOMED CT identifiers (Verhoeff) and LOINC codes (mod 10)."""

import re

_TIMES = (
    (0, 1, 2, 3, 4, 5, 6, 7, 8, 9),
    (1, 2, 3, 4, 0, 6, 7, 8, 9, 5),
    (2, 3, 4, 0, 1, 7, 8, 9, 5, 6),
    (3, 4, 0, 1, 2, 8, 9, 5, 6, 7),
    (4, 0, 1, 2, 3, 9, 5, 6, 7, 8),
    (5, 9, 8, 7, 6, 0, 4, 3, 2, 1),
    (6, 5, 9, 8, 7, 1, 0, 4, 3, 2),
    (7, 6, 5, 9, 8, 2, 1, 0, 4, 3),
    (8, 7, 6, 5, 9, 3, 2, 1, 0, 4),
    (9, 8, 7, 6, 5, 4, 3, 2, 1, 0),
)
_PERMUTATION = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)
_CONCEPT_PARTITIONS = ("00", "10")


def is_snomed_concept(code: str) -> bool:
    """True for 6 to 18 digits with a concept partition (00 core, 10 extension) and a valid Verhoeff digit."""
    has_shape = re.fullmatch(r"[1-9]\d{5,17}", code) is not None
    return has_shape and code[-3:-1] in _CONCEPT_PARTITIONS and _verhoeff(code) == 0


def is_loinc(code: str) -> bool:
    """True for 1 to 7 digits, a hyphen, and the mod 10 check digit of the digits before."""
    match = re.fullmatch(r"(\d{1,7})-(\d)", code)
    return match is not None and _mod10(match[1]) == int(match[2])


def _verhoeff(digits: str) -> int:
    check = 0
    for position, digit in enumerate(reversed(digits)):
        value = int(digit)
        for _ in range(position % 8):
            value = _PERMUTATION[value]
        check = _TIMES[check][value]
    return check


def _mod10(digits: str) -> int:
    """Luhn: from the right, every second digit doubled, starting with the last."""
    total = 0
    for position, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if position % 2 == 0 else 1)
        total += value // 10 + value % 10
    return -total % 10
