"""The settings of the service, read once from the environment and validated together."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias
from zoneinfo import ZoneInfo

from cds_service import urls
from cds_service.errors import SettingsError
from cds_service.setting_values import (
    address_or_network,
    existing_file_if_any,
    folder_if_any,
    knowledge_folder,
    list_of,
    matching,
    most_a_minute,
    none_or,
    on_or_off,
    one_of,
    site_keys,
    trusted_clients,
    whole_number,
    zone_if_any,
)

Profile: TypeAlias = Literal["development", "production"]
"""How strict the service is about where it runs."""

PamaCode: TypeAlias = Literal["appropriate", "not-appropriate", "no-criteria-apply"]
"""The codes of the PAMA rating of an order."""

CardDetail: TypeAlias = Literal["short", "full"]
"""How much a card says."""

WhenStoreIsDown: TypeAlias = Literal["remember", "refuse"]
"""What is done with a token while the store of seen tokens does not answer."""

LogLevel: TypeAlias = Literal["debug", "info", "warning", "error"]
"""The least important kind of message that is logged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings in force; a field is named after its variable, `CDS_PORT` is `port`."""

    profile: Profile
    host: str
    port: int
    workers: int
    public_url: str
    canonical_url: str
    database_url: str
    spool_dir: Path | None
    site_key: tuple[str, ...]
    silent: tuple[str, ...]
    no_nagging_hours: int
    knowledge_dir: Path
    order_codes: Path | None
    observation_codes: Path | None
    time_zone: ZoneInfo | None
    confirm_appropriate: bool
    alternatives: int
    suggest_complement: bool
    card_detail: CardDetail
    may_be_appropriate: PamaCode
    extension_system_actions: bool
    qcdsm: str
    fhir_servers: tuple[str, ...]
    fhir_deadline_ms: int
    trusted_clients: Path | Literal["gateway"] | None
    trusted_proxies: tuple[str, ...]
    rate_limit: int | None
    replay_store_down: WhenStoreIsDown
    cors_origins: tuple[str, ...]
    max_body_bytes: int
    request_deadline_ms: int
    workbench: bool
    log_level: LogLevel

    @property
    def loopback_allowed(self) -> bool:
        """Whether a FHIR server on this machine may be called without being listed."""
        return self.profile == "development"


@dataclass(frozen=True, slots=True)
class Setting:
    """One variable of the environment: how it is read and what a person is told about it.

    `default` is what a person would type; `{CDS_PORT}` in it stands for the value of a setting above.
    `read` turns the text into the value, or raises ValueError with what it expected.
    """

    name: str
    default: str
    read: Callable[[str], object]
    meaning: str
    production_default: str | None = None
    is_secret: bool = False

    @property
    def field(self) -> str:
        """The name of the field of `Settings` that holds the value."""
        return self.name.removeprefix("CDS_").lower()


SETTINGS: Final = (
    Setting(
        "CDS_PROFILE", "development", one_of(Profile), "`production` refuses to start on an unsafe setting"
    ),
    Setting("CDS_HOST", "127.0.0.1", matching(r"[^\s/]+", "a host name or address"), "address to listen on"),
    Setting("CDS_PORT", "8000", whole_number(1, 65535), "port to listen on"),
    Setting("CDS_WORKERS", "2", whole_number(1, 64), "processes that answer requests"),
    Setting(
        "CDS_PUBLIC_URL", "http://localhost:{CDS_PORT}", urls.base_url, "where clients reach the service"
    ),
    Setting("CDS_CANONICAL_URL", "{CDS_PUBLIC_URL}", urls.base_url, "base of the URLs of its code systems"),
    Setting(
        "CDS_DATABASE_URL",
        "sqlite:///var/cds-service.db",
        urls.database_url,
        "where the record is kept: a SQLite file or a PostgreSQL database",
        is_secret=True,
    ),
    Setting(
        "CDS_SPOOL_DIR", "", folder_if_any, "folder of what waits to be recorded; empty: beside the database"
    ),
    Setting(
        "CDS_SITE_KEY",
        "",
        site_keys,
        "secret by which ids of patients, users and orders are hashed, and earlier ones behind it",
        is_secret=True,
    ),
    Setting("CDS_SILENT", "", list_of(str), "services, or `all`, that judge and record and show nothing"),
    Setting("CDS_NO_NAGGING_HOURS", "24", whole_number(0, 720), "for how long a card is not shown again"),
    Setting(
        "CDS_KNOWLEDGE_DIR", "", knowledge_folder, "folder of a site's own criteria; empty: the shipped ones"
    ),
    Setting("CDS_ORDER_CODES", "", existing_file_if_any, "CSV file of a site's own order codes; empty: none"),
    Setting("CDS_OBSERVATION_CODES", "", existing_file_if_any, "CSV file of its observation codes, or none"),
    Setting("CDS_TIME_ZONE", "", zone_if_any, "zone of dates and of times on cards; empty: the system's"),
    Setting("CDS_CONFIRM_APPROPRIATE", "on", on_or_off, "a one-line card for an order that is appropriate"),
    Setting("CDS_ALTERNATIVES", "2", whole_number(0, 5), "most alternatives that a card offers"),
    Setting("CDS_SUGGEST_COMPLEMENT", "on", on_or_off, "offer the chest radiograph that belongs to a study"),
    Setting("CDS_CARD_DETAIL", "short", one_of(CardDetail), "`full`: ratings and all evidence on cards too"),
    Setting("CDS_MAY_BE_APPROPRIATE", "appropriate", one_of(PamaCode), "PAMA code of that category"),
    Setting(
        "CDS_EXTENSION_SYSTEM_ACTIONS",
        "on",
        on_or_off,
        "system actions also in the answer's extension, where the CDS Hooks Sandbox looks for them",
        production_default="off",
    ),
    Setting("CDS_QCDSM", "none", matching(r"\S(.{0,254}\S)?", "up to 256 characters"), "mechanism consulted"),
    Setting(
        "CDS_FHIR_SERVERS",
        "",
        none_or(list_of(urls.fhir_server)),
        "FHIR servers that may be called, by base URL, or `none`; in development also any on this machine",
    ),
    Setting(
        "CDS_FHIR_DEADLINE_MS", "400", whole_number(1, 30_000), "milliseconds for all calls to them together"
    ),
    Setting(
        "CDS_TRUSTED_CLIENTS",
        "",
        trusted_clients,
        "TOML file of the clients that may call, or `gateway` where a gateway checks them; empty: anyone may",
    ),
    Setting(
        "CDS_TRUSTED_PROXIES",
        "",
        list_of(address_or_network),
        "addresses and networks of gateways, which no limit of one address holds back",
    ),
    Setting(
        "CDS_RATE_LIMIT",
        "off",
        most_a_minute,
        "requests a minute of one client, and of one address without a client, that a process answers",
        production_default="6000",
    ),
    Setting(
        "CDS_REPLAY_STORE_DOWN",
        "remember",
        one_of(WhenStoreIsDown),
        "what is done with tokens while the store of seen ones does not answer",
    ),
    Setting(
        "CDS_CORS_ORIGINS",
        "*",
        list_of(urls.origin),
        "origins of browser clients that may call; `*`: every one (default in development only)",
        production_default="",
    ),
    Setting("CDS_MAX_BODY_BYTES", "4194304", whole_number(1024, 1_073_741_824), "largest body of a request"),
    Setting("CDS_REQUEST_DEADLINE_MS", "5000", whole_number(100, 600_000), "time for an answer; then a 503"),
    Setting("CDS_WORKBENCH", "on", on_or_off, "the page to try requests on", production_default="off"),
    Setting("CDS_LOG_LEVEL", "info", one_of(LogLevel), "least important kind of message that is logged"),
)


def settings_from(environ: Mapping[str, str]) -> Settings:
    """Read and validate every setting in `environ`.

    Raises SettingsError with every fault at once, each saying what was expected, what came and what to do.
    """
    values, faults = _values_from(environ)
    settings = Settings(**values)
    faults += [*_unsafe_in(settings, environ, already=faults), *_unknown_in(environ)]
    if faults:
        raise SettingsError(faults)
    return settings


def value_from(environ: Mapping[str, str], name: str) -> str:
    """One setting alone, whatever the others are, for a command that needs no other; raises SettingsError."""
    setting = next(setting for setting in SETTINGS if setting.name == name)
    text = environ.get(name, setting.default).strip()
    try:
        return str(setting.read(text))
    except ValueError as expected:
        raise SettingsError([_fault(setting, text=text, expected=str(expected))]) from None


def values_shown(settings: Settings) -> dict[str, str]:
    """What is in force, by variable in the order of the table, as a person would type it; secrets hidden."""
    return {setting.name: _shown(getattr(settings, setting.field)) for setting in SETTINGS}


def _values_from(environ: Mapping[str, str]) -> tuple[dict[str, Any], list[str]]:
    """The values by field, the default's where what came is at fault, and those faults."""
    texts: dict[str, str] = {}
    values: dict[str, Any] = {}
    faults = []
    for setting in SETTINGS:
        default = _default_of(setting, texts)
        texts[setting.name] = environ.get(setting.name, default).strip()
        try:
            values[setting.field] = setting.read(texts[setting.name])
        except ValueError as expected:
            faults.append(_fault(setting, text=texts[setting.name], expected=str(expected)))
            texts[setting.name] = default
            values[setting.field] = setting.read(default)
    return values, faults


def _default_of(setting: Setting, texts: Mapping[str, str]) -> str:
    if texts.get("CDS_PROFILE") == "production" and setting.production_default is not None:
        return setting.production_default
    return setting.default.format_map(texts)


def _fault(setting: Setting, *, text: str, expected: str) -> str:
    came = "a value that is not shown here" if setting.is_secret else f'"{urls.without_password(text)}"'
    return f"{setting.name}: expected {expected}, came {came}; correct it, or remove it to use the default"


def _unknown_in(environ: Mapping[str, str]) -> list[str]:
    known = [setting.name for setting in SETTINGS]
    unknown = sorted(name for name in environ if name.startswith("CDS_") and name not in known)
    return [
        f"{name}: unknown setting; correct or remove it; known are {', '.join(known)}" for name in unknown
    ]


def _unsafe_in(settings: Settings, environ: Mapping[str, str], *, already: Sequence[str]) -> list[str]:
    """What the production profile refuses, but for settings that are `already` known to be at fault."""
    if settings.profile != "production":
        return []
    named = {fault.partition(":")[0] for fault in already}
    unsafe = [item for item in _unsafe_in_production(settings, environ) if item[0] not in named]
    return [f"{name}: {what_to_do} (CDS_PROFILE is production)" for name, what_to_do in unsafe]


def _unsafe_in_production(settings: Settings, environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    if settings.trusted_clients is None:
        yield (
            "CDS_TRUSTED_CLIENTS",
            "expected who may call; set a TOML file of trusted clients, or `gateway` where a gateway checks "
            "the token of every request",
        )
    if not settings.site_key:
        yield "CDS_SITE_KEY", "expected a secret; make one with `cds-service records new-key` and keep it"
    if not settings.public_url.startswith("https://"):
        yield "CDS_PUBLIC_URL", "expected https; set the URL at which clients reach the service"
    if not all(client.startswith("https://") for client in settings.cors_origins):
        yield "CDS_CORS_ORIGINS", "expected https origins; list those of your browser clients, or remove it"
    if any(map(urls.is_url_of_this_machine, settings.fhir_servers)):
        yield "CDS_FHIR_SERVERS", "expected no server on this machine; list those of your site"
    if not environ.get("CDS_FHIR_SERVERS", "").strip():
        yield (
            "CDS_FHIR_SERVERS",
            "expected the FHIR servers that may be called; list those of your site, or set `none` where "
            "all data come as prefetch",
        )


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, tuple):
        return ",".join(value)
    return "" if value is None else urls.without_password(str(value))
