"""The settings that shape what a card says and what the actions carry."""

from dataclasses import dataclass

APPROPRIATE = "appropriate"
NOT_APPROPRIATE = "not-appropriate"


@dataclass(frozen=True, slots=True, kw_only=True)
class CardOptions:
    """A site's choices, BEHAVIOUR 9.

    `may_be_appropriate` is the PAMA code of that category; the URLs have no trailing slash.
    """

    confirm_appropriate: bool = True
    alternatives: int = 2
    suggest_complement: bool = True
    may_be_appropriate: str = APPROPRIATE
    extension_system_actions: bool = True
    qcdsm: str = "none"
    canonical_url: str = "http://localhost:8000"
    public_url: str = "http://localhost:8000"
