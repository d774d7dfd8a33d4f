"""The clinical decisions: pure functions of facts and knowledge, without I/O, clock, FHIR or Flask."""
