"""The CDS Hooks protocol as types: requests, responses, feedback and the catalog of services."""
