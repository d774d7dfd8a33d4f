"""The command line: serve the service, ask it, have it explain itself, check what it knows."""

from cds_service.cli.main import main

__all__ = ["main"]
