"""From the Authorization header of a request to the trusted client that sent it."""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from cds_service.errors import NotAuthenticated
from cds_service.trust.clients import TrustedClient
from cds_service.trust.key_sets import KeyFetch, KeySets
from cds_service.trust.replays import Replays
from cds_service.trust.tokens import Claims, Token, TokenFault, TokenRefused, require_current, token_from

_REFUSED: Final = "Send a valid token of a trusted client: Authorization: Bearer TOKEN."
_LOG = logging.getLogger(__name__)


class Authenticator:
    """Tells by its token which trusted client sends a request; may be used by many threads."""

    def __init__(
        self,
        clients: Sequence[TrustedClient],
        *,
        key_sets: KeySets,
        replays: Replays,
        now: Callable[[], float],
    ) -> None:
        self.clients = tuple(clients)
        self._clients: dict[str, dict[str, TrustedClient]] = defaultdict(dict)
        for client in clients:
            self._clients[client.issuer][client.tenant] = client
        self._key_sets, self._replays, self._now = key_sets, replays, now

    def trusting(self, clients: Sequence[TrustedClient]) -> "Authenticator":
        """One that trusts other clients, and knows the keys fetched and the tokens seen by this one."""
        return Authenticator(clients, key_sets=self._key_sets, replays=self._replays, now=self._now)

    @property
    def remembered_alone(self) -> int:
        """How many tokens this process alone remembers, since the store of seen ones did not answer."""
        return self._replays.remembered_alone

    def key_fetches(self) -> Iterator[tuple[str, KeyFetch, int]]:
        """What became of the fetches of keys in this process: name of the client, outcome, how often."""
        for client in self.clients:
            if client.jwks_url:
                for outcome, fetches in tuple(self._key_sets.at(client.jwks_url).fetches.items()):
                    yield client.name, outcome, fetches

    def client_of(self, authorization: str | None, *, url: str) -> TrustedClient:
        """The client that a request to the route at this public URL comes from; its token is used up.

        Raises NotAuthenticated, the same for every reason; the log has it. Raises Unavailable where keys or
        the store of seen tokens do not answer.
        """
        client = None
        try:
            token = token_from(authorization)
            client = self._named_by(token.claims)
            self._require_proof(token, client, url)
        except TokenRefused as refused:
            _LOG.warning("token refused client=%s reason=%s", client.name if client else "-", refused.fault)
            raise NotAuthenticated(_REFUSED) from None
        return client

    def _named_by(self, claims: Claims) -> TrustedClient:
        by_tenant = self._clients.get(claims.iss, {})
        client = by_tenant.get(claims.tenant) or by_tenant.get("")
        if client is None:
            raise TokenRefused(TokenFault.ISSUER)
        return client

    def _require_proof(self, token: Token, client: TrustedClient, url: str) -> None:
        """What costs nothing first; the id is used up last, by a token that is good in all else."""
        require_allowed(token, client, url)
        require_current(token.claims, now=self._now())
        self._require_signature(token, client)
        if not self._replays.is_first_use(token.claims.seen_id, token.claims.seen_until):
            raise TokenRefused(TokenFault.REPLAYED)

    def _require_signature(self, token: Token, client: TrustedClient) -> None:
        keys = client.keys or self._key_sets.at(client.jwks_url)
        verifier = keys.verifier(token.header.kid, token.header.alg)
        if verifier is None:
            raise TokenRefused(TokenFault.KEY)
        if not verifier.is_signature(token.signature, token.signed):
            raise TokenRefused(TokenFault.SIGNATURE)


def require_allowed(token: Token, client: TrustedClient, url: str) -> None:
    """Raise TokenRefused unless a token is what this client may send to the route at this URL.

    Every one of its audiences must be accepted: a token for others too could be used by one of them.
    """
    if token.header.alg not in client.algorithms:
        raise TokenRefused(TokenFault.ALGORITHM)
    if token.header.jku and token.header.jku != client.jwks_url:
        raise TokenRefused(TokenFault.JKU)
    audiences = token.claims.audiences
    if not audiences or not all(aud == url or aud in client.audiences for aud in audiences):
        raise TokenRefused(TokenFault.AUDIENCE)
