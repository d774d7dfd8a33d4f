"""The site's file of trusted clients: read strictly, every fault told by its line."""

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from cds_service.cds_hooks.catalog import SERVICES
from cds_service.errors import StartupError
from cds_service.outbound.addresses import Base, base_from
from cds_service.trust.clients import DEFAULT_ALGORITHMS, TrustedClient
from cds_service.trust.keys import ALGORITHMS, KeySet, keys_from
from cds_service.urls import without_password

TABLE: Final = "client"
_MODES: Final = ("live", "silent")
_HEAD: Final = re.compile(r"\s*\[\[\s*client\s*\]\]")
_OTHER_TABLE: Final = re.compile(r"""\s*\[{1,2}\s*["']?([A-Za-z0-9_-]+)""")
_MEMBER: Final = re.compile(r"""\s*["']?([A-Za-z0-9_-]+)["']?\s*=""")
_TEXT_BEGINS_OR_ENDS: Final = re.compile(r"'''|\"\"\"")
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class TrustedClientsError(StartupError):
    """The file of trusted clients cannot be used."""

    subject = "Trusted clients"


class _Place(NamedTuple):
    """Where a member of a client stands; `member` is empty for the client itself."""

    client: int
    member: str = ""


_Fault = tuple[_Place, str]


def trusted_clients_from(file: Path, *, http_allowed: bool) -> tuple[TrustedClient, ...]:
    """The clients in a file; `http_allowed`: key sets on this machine may be fetched by plain http.

    Raises TrustedClientsError with every fault by line.
    """
    text = _text_of(file)
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise TrustedClientsError([f"is no TOML: {error}"], subject=str(file)) from None
    tables, faults = _tables(content)
    clients = [_client(table, place, faults, http_allowed=http_allowed) for place, table in enumerate(tables)]
    faults += _doubles(clients)
    if faults:
        lines = _lines(text)
        told = sorted((_line_of(place, lines), fault) for place, fault in faults)
        raise TrustedClientsError([f"line {line}: {fault}" for line, fault in told], subject=str(file))
    return tuple(clients)


def clients_summary(clients: Sequence[TrustedClient]) -> str:
    """What a file of trusted clients lets in, in one line for each client."""
    lines = [f"{len(clients)} trusted client{'' if len(clients) == 1 else 's'}"]
    for client in clients:
        keys = f"{client.keys.size} keys in the file" if client.keys else f"keys at {client.jwks_url}"
        services = ", ".join(client.services) or "every service"
        servers = ", ".join(base.url for base in client.fhir_servers) or "every allowed FHIR server"
        lines.append(f"- {client.name} ({client.mode}): {client.issuer}; {keys}; {services}; {servers}")
    return "\n".join(lines)


def _text_of(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise TrustedClientsError(
            [f"cannot be read ({type(error).__name__}); it is to be a text in UTF-8"], subject=str(file)
        ) from None


def _tables(content: Mapping[str, Any]) -> tuple[list[dict[str, Any]], list[_Fault]]:
    tables = content.get(TABLE, [])
    faults = [
        (_Place(-1, name), f"{name}: unknown; expected [[{TABLE}]] tables alone; correct or remove it")
        for name in content
        if name != TABLE
    ]
    if not isinstance(tables, list) or not tables or not all(isinstance(table, dict) for table in tables):
        return [], [*faults, (_Place(-1), f"expected at least one [[{TABLE}]] table; add who may call")]
    return tables, faults


class _Members:
    """The members of one client; a value that cannot be meant becomes a fault, and the default is used."""

    def __init__(self, table: Mapping[str, Any], client: int, faults: list[_Fault]) -> None:
        self._table, self._client, self._faults = table, client, faults
        for name in table:
            if name not in _EXPECTED:
                self.refuse(name, f"unknown; correct or remove it; known are {', '.join(_EXPECTED)}")

    def refuse(self, member: str, fault: str) -> None:
        """Tell what is wrong with a member."""
        named = f"{member}: {fault}" if member in self._table else f"{member} is missing: {fault}"
        self._faults.append((_Place(self._client, member if member in self._table else ""), named))

    def text(self, member: str, is_meant: Callable[[str], object], *, default: str = "") -> str:
        """A text that can be meant."""
        value = self._table.get(member, default)
        if isinstance(value, str) and (is_meant(value) or (value == default and not _is_required(member))):
            return value
        self.refuse(member, f"expected {_EXPECTED[member]}, came {_told(value)}")
        return default

    def texts(
        self, member: str, is_meant: Callable[[str], object], *, default: Sequence[str] = ()
    ) -> tuple[str, ...]:
        """Texts that can all be meant, each once."""
        values = self._table.get(member, list(default))
        if not isinstance(values, list):
            self.refuse(member, f"expected an array of {_EXPECTED[member]}, came {_told(values)}")
            return tuple(default)
        for value in values:
            if not isinstance(value, str) or not is_meant(value):
                self.refuse(member, f"expected {_EXPECTED[member]}, came {_told(value)}")
        return tuple(value for value in values if isinstance(value, str) and is_meant(value))


_SERVICE_IDS: Final = tuple(service.id for service in SERVICES)
_EXPECTED: Final[Mapping[str, str]] = {
    "name": "1 to 64 letters, digits, `.`, `_` and `-`; a name for the record and the log",
    "issuer": "the iss of its tokens, exactly as they have it",
    "tenant": "a text, the tenant of its tokens",
    "jwks_url": "an https URL without user or query (http on this machine, in development)",
    "jwks": "a JWK Set as text, such as '{\"keys\": [...]}'",
    "algorithms": f"one of {', '.join(ALGORITHMS)}; none and secrets that two share prove nothing",
    "audiences": "a text, an aud that is accepted beside the URL of the route",
    "services": f"one of {', '.join(_SERVICE_IDS)}",
    "fhir_servers": "the https base URL of a FHIR server (http on this machine)",
    "mode": f"one of {', '.join(_MODES)}",
}


def _is_required(member: str) -> bool:
    return member in ("name", "issuer")


def _client(
    table: Mapping[str, Any], place: int, faults: list[_Fault], *, http_allowed: bool
) -> TrustedClient:
    members = _Members(table, place, faults)
    jwks_url = members.text("jwks_url", lambda url: _is_safe(base_from(url), http_allowed=http_allowed))
    keys = _keys(members, members.text("jwks", bool))
    if not jwks_url and keys is None and not {"jwks_url", "jwks"} & table.keys():
        members.refuse("jwks_url", "expected it or jwks, by which its tokens are verified; add one")
    algorithms = members.texts("algorithms", ALGORITHMS.__contains__, default=DEFAULT_ALGORITHMS)
    if not algorithms and table.get("algorithms") == []:
        members.refuse("algorithms", "expected at least one; remove it for RS384 and ES384")
    servers = members.texts("fhir_servers", lambda url: _is_safe(base_from(url), http_allowed=True))
    return TrustedClient(
        name=members.text("name", _NAME.fullmatch),
        issuer=members.text("issuer", bool),
        tenant=members.text("tenant", bool),
        jwks_url=jwks_url,
        keys=keys,
        algorithms=algorithms,
        audiences=members.texts("audiences", bool),
        services=members.texts("services", _SERVICE_IDS.__contains__),
        fhir_servers=tuple(base for base in map(base_from, servers) if base),
        mode="silent" if members.text("mode", _MODES.__contains__, default="live") == "silent" else "live",
    )


def _keys(members: _Members, jwks: str) -> KeySet | None:
    if not jwks:
        return None
    read = keys_from(jwks)
    for fault in read.faults:
        members.refuse("jwks", fault)
    return read.keys


def _is_safe(base: Base | None, *, http_allowed: bool) -> bool:
    return base is not None and (base.scheme == "https" or (http_allowed and base.is_this_machine))


def _told(value: object) -> str:
    """What came, in short; CAUTION: never a key set, and no password of a URL."""
    return repr(without_password(value)[:100]) if isinstance(value, str) else f"a {type(value).__name__}"


def _doubles(clients: Sequence[TrustedClient]) -> Iterator[_Fault]:
    """Clients that could not be told apart."""
    for place, client in enumerate(clients):
        before = clients[:place]
        if client.name and any(other.name == client.name for other in before):
            yield _Place(place, "name"), f"name: {client.name} is the name of another client; change one"
        if client.issuer and any(
            (other.issuer, other.tenant) == (client.issuer, client.tenant) for other in before
        ):
            yield (
                _Place(place, "issuer"),
                "issuer: another client has the same issuer and tenant; give each its tenant, or join them",
            )


def _lines(text: str) -> dict[_Place, int]:
    """On which line each client and each of its members begins."""
    lines: dict[_Place, int] = {}
    client, is_within_text = -1, False
    for number, line in enumerate(text.splitlines(), start=1):
        if not is_within_text:
            client += _HEAD.match(line) is not None
            if table := _OTHER_TABLE.match(line):
                lines.setdefault(_Place(-1, table[1]), number)
            member = _MEMBER.match(line)
            lines.setdefault(_Place(client, member[1] if member else ""), number)
        is_within_text ^= len(_TEXT_BEGINS_OR_ENDS.findall(line)) % 2 == 1
    return lines


def _line_of(place: _Place, lines: Mapping[_Place, int]) -> int:
    """The line of a member, else that of its client, else the first."""
    return lines.get(place) or lines.get(_Place(place.client)) or 1
