"""A CDS Hooks service that rates chest imaging orders for patients who cough up blood."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cds_service.notebook import judge as judge

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """`judge`, loaded when it is first asked for: no other part of the house needs all that it takes."""
    if name != "judge":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from cds_service.notebook import judge

    return judge
