"""A copy of a captured request that can be shared: without what identifies a person, answered the same."""

from cds_service.fhir.anonymise.ids import type_shown
from cds_service.fhir.anonymise.request import anonymised
from cds_service.fhir.anonymise.times import TimeShift
from cds_service.fhir.anonymise.words import WordFilter, word_filter_from

__all__ = ["TimeShift", "WordFilter", "anonymised", "type_shown", "word_filter_from"]
