"""A CDS Hooks service that rates chest imaging orders for patients who cough up blood."""

__version__ = "0.1.0"
