"""The table of the kinds of data, which all that list kinds read."""

from cds_service.knowledge.kinds import KINDS, KINDS_OF_TYPE, OBSERVED, Kind


def test_every_kind_has_its_row_in_its_order() -> None:
    assert list(KINDS) == list(Kind)
    assert all(kind is row.kind for kind, row in KINDS.items())


def test_a_type_of_resource_is_of_one_kind_but_for_observations() -> None:
    assert {name for name, kinds in KINDS_OF_TYPE.items() if len(kinds) > 1} == {"Observation"}
    assert KINDS_OF_TYPE["MedicationStatement"] == (Kind.MEDICATIONS,)


def test_only_observations_are_told_by_concepts_and_no_concept_is_of_two_kinds() -> None:
    told = [concept for row in KINDS.values() for concept in row.concepts]

    assert {kind for kind, row in KINDS.items() if row.concepts} == set(OBSERVED)
    assert len(told) == len(set(told))
