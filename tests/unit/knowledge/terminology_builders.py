"""The names of code systems, and the concepts of matches."""

from cds_service.knowledge.terminology.concepts import Concept, ConceptMatch

SNOMED = "http://snomed.info/sct"
LOINC = "http://loinc.org"
CPT = "http://www.ama-assn.org/go/cpt"
PCS = "http://www.cms.gov/Medicare/Coding/ICD10"
RADLEX = "http://www.radlex.org"

C = Concept


def concepts(matches: tuple[ConceptMatch, ...]) -> set[Concept]:
    return {match.concept for match in matches}
