"""Every setting: how the text of a variable is read, what its default is, and what a person is told of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from cds_service import urls
from cds_service.setting_values import (
    CardDetail,
    LogFormat,
    LogLevel,
    PamaCode,
    Profile,
    WhenStoreIsDown,
    address_and_port_if_any,
    address_or_network,
    authorities_if_any,
    existing_file_if_any,
    folder_if_any,
    knowledge_folder,
    list_of,
    matching,
    none_or,
    on_or_off,
    one_of,
    services_or_all,
    site_keys,
    trusted_clients,
    whole_number,
    whole_number_or_off,
    zone_if_any,
)


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
    Setting("CDS_SILENT", "", services_or_all, "services, or `all`, that judge and record and show nothing"),
    Setting(
        "CDS_SILENCE_FILE",
        "",
        existing_file_if_any,
        "TOML file of rules, alerts and services that are switched off for now; read again on SIGHUP",
    ),
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
        "CDS_CA_FILE", "", authorities_if_any, "PEM file of the only authorities trusted; empty: all usual"
    ),
    Setting("CDS_HTTPS_PROXY", "", urls.proxy_if_any, "HTTP proxy of calls to other machines; empty: none"),
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
        "CDS_MANAGEMENT_BIND",
        "",
        address_and_port_if_any,
        "where `/status` is answered, as in `127.0.0.1:8001`; empty: at the service's own address",
        production_default="127.0.0.1:8001",
    ),
    Setting(
        "CDS_METRICS_DIR",
        "",
        folder_if_any,
        "folder in which processes share what `/metrics` tells; empty: a temporary one of their own",
    ),
    Setting(
        "CDS_RATE_LIMIT",
        "off",
        whole_number_or_off(1, 9_999_999),
        "requests a minute of one client, and of one address without a client, that a process answers",
        production_default="6000",
    ),
    Setting(
        "CDS_CONNECTIONS_PER_ADDRESS",
        "100",
        whole_number_or_off(1, 1000),
        "connections of one address that a process holds",
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
    Setting("CDS_LOG_FORMAT", "text", one_of(LogFormat), "how a line is written", production_default="json"),
)
