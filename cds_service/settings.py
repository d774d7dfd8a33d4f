"""The settings of the service, read once from the environment and validated together."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from cds_service import urls
from cds_service.errors import SettingsError
from cds_service.setting_table import SETTINGS, Setting
from cds_service.setting_values import (
    CardDetail,
    LogFormat,
    LogLevel,
    PamaCode,
    Profile,
    WhenStoreIsDown,
    host_and_port,
)


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
    silence_file: Path | None
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
    ca_file: Path | None
    https_proxy: str
    trusted_clients: Path | Literal["gateway"] | None
    trusted_proxies: tuple[str, ...]
    management_bind: str
    metrics_dir: Path | None
    rate_limit: int | None
    connections_per_address: int | None
    replay_store_down: WhenStoreIsDown
    cors_origins: tuple[str, ...]
    max_body_bytes: int
    request_deadline_ms: int
    workbench: bool
    log_level: LogLevel
    log_format: LogFormat

    @property
    def loopback_allowed(self) -> bool:
        """Whether a FHIR server on this machine may be called without being listed."""
        return self.profile == "development"


def settings_from(environ: Mapping[str, str]) -> Settings:
    """Read and validate every setting in `environ`.

    Raises SettingsError with every fault at once, each saying what was expected, what came and what to do.
    """
    values, faults = _values_from(environ)
    settings = Settings(**values)
    faults += [*_clashing_in(settings), *_unsafe_in(settings, environ, already=faults), *_unknown_in(environ)]
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
    return {setting.name: _shown(getattr(settings, setting.field), setting) for setting in SETTINGS}


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


def _clashing_in(settings: Settings) -> Iterator[str]:
    if settings.management_bind and host_and_port(settings.management_bind)[1] == settings.port:
        yield f"CDS_MANAGEMENT_BIND: expected another port than CDS_PORT, {settings.port}; use a free one"


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
    if not settings.management_bind:
        yield "CDS_MANAGEMENT_BIND", "expected an address of its own; set one, such as 127.0.0.1:8001"
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


def _shown(value: object, setting: Setting) -> str:
    """CAUTION: of a secret only a URL is shown, without its password."""
    if setting.is_secret and not isinstance(value, str):
        return "(not shown)" if value else ""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, tuple):
        return ",".join(value)
    return "" if value is None else urls.without_password(str(value))
