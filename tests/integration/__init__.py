"""Tests against real components: sockets that misbehave, and a HAPI FHIR server."""
