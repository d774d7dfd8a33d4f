"""Ids are recorded as hashes that only the site's key can make."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cds_service.records.site_key import SiteKey

PARTS = st.lists(st.text(max_size=6), min_size=2, max_size=3)
NEW, OLD = b"n" * 32, b"o" * 32


@given(first=PARTS, second=PARTS)
def test_no_two_ids_meet(first: list[str], second: list[str]) -> None:
    assume(first != second and first[-1] and second[-1])
    key = SiteKey([NEW])

    assert key.of("order", *first) != key.of("order", *second)


def test_another_key_or_kind_gives_another_hash() -> None:
    assert SiteKey([NEW]).of("patient", "1") != SiteKey([OLD]).of("patient", "1")
    assert SiteKey([NEW]).of("patient", "1") != SiteKey([NEW]).of("user", "1")


def test_after_a_rotation_the_new_key_is_in_force_and_the_old_one_still_finds() -> None:
    before, after = SiteKey([OLD]), SiteKey([NEW, OLD])

    assert after.of("patient", "1") == SiteKey([NEW]).of("patient", "1")
    assert before.of("patient", "1") in after.every("patient", "1")


def test_no_id_has_no_hash() -> None:
    assert SiteKey([NEW]).of("patient", "https://ehr.example", "") == ""
    assert SiteKey([NEW]).every("patient", "") == ()


def test_the_key_is_never_shown() -> None:
    assert "nnn" not in repr(SiteKey([NEW]))
    assert "nnn" not in str(SiteKey([NEW]))


def test_a_site_without_a_key_is_none() -> None:
    with pytest.raises(ValueError, match="at least one"):
        SiteKey([])
