"""The compose files as files: by the Compose specification, and by what a site relies on.

The schema of the specification is the one that check-jsonschema ships. `docker compose` itself is not run.
"""

import ast
import json
import re
from importlib import resources
from ipaddress import ip_address, ip_network
from typing import Any, Final

import jsonschema
import jsonschema.protocols
import jsonschema.validators
import pytest
import yaml

from cds_service.settings import settings_from
from tests.deploy.containers import REPOSITORY

TRIAL: Final = "docker-compose.yml"
PRODUCTION: Final = "deploy/compose/production.yml"
SITE: Final = ("deploy/site/settings.env", "deploy/site/secrets.env")
OURS: Final = ("cds-service", "migrate")

every_file = pytest.mark.parametrize("name", [TRIAL, PRODUCTION])


def compose(name: str, **environ: str) -> dict[str, Any]:
    """A compose file with its variables filled in as `docker compose` does."""

    def fill_in(variable: re.Match[str]) -> str:
        return environ.get(variable["name"]) or variable["default"]

    text = (REPOSITORY / name).read_text()
    filled_in = re.sub(r"\$\{(?P<name>\w+):-(?P<default>[^}]*)\}", fill_in, text)
    assert "$" not in filled_in
    read: dict[str, Any] = yaml.safe_load(filled_in)
    return read


def settings_in(*files: str) -> dict[str, str]:
    lines = [line for file in files for line in (REPOSITORY / file).read_text().splitlines()]
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def published(name: str) -> list[str]:
    return [port for service in compose(name)["services"].values() for port in service.get("ports", [])]


def mounted(name: str) -> list[str]:
    """What volumes are mounted, by name or path."""
    volumes = [v for service in compose(name)["services"].values() for v in service.get("volumes", [])]
    return [volume.split(":")[0] for volume in volumes]


@pytest.fixture(scope="module")
def specification() -> jsonschema.protocols.Validator:
    vendored = resources.files("check_jsonschema.builtin_schemas.vendor")
    schema = json.loads((vendored / "compose-spec.json").read_text())
    return jsonschema.validators.validator_for(schema)(schema)


# --- both ------------------------------------------------------------------------------------------


@every_file
def test_a_compose_file_follows_the_compose_specification(
    specification: jsonschema.protocols.Validator, name: str
) -> None:
    assert [error.message for error in specification.iter_errors(compose(name))] == []


@every_file
def test_the_specification_notices_a_misspelled_key(
    specification: jsonschema.protocols.Validator, name: str
) -> None:
    misspelled = compose(name)
    misspelled["services"]["database"]["enviroment"] = {}

    assert not specification.is_valid(misspelled)


@every_file
def test_what_a_compose_file_refers_to_exists(name: str) -> None:
    read = compose(name)
    services = read["services"]

    needed = {other for service in services.values() for other in service.get("depends_on", {})}
    modes = [service["network_mode"] for service in services.values() if "network_mode" in service]
    shared = {mode.removeprefix("service:") for mode in modes if mode.startswith("service:")}
    networks = {network for service in services.values() for network in service.get("networks", [])}
    secrets = {secret for service in services.values() for secret in service.get("secrets", [])}

    assert needed | shared <= services.keys()
    assert {path for path in mounted(name) if not path.startswith((".", "/"))} == read["volumes"].keys()
    assert [p for p in mounted(name) if p.startswith(".") and not (REPOSITORY / p).exists()] == []
    assert networks == read.get("networks", {}).keys()
    assert secrets == read.get("secrets", {}).keys()


@every_file
def test_the_service_may_do_no_more_than_it_must(name: str) -> None:
    service = compose(name)["services"]["cds-service"]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "cap_add" not in service
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "spool:/srv/cds-service" in service["volumes"]


@every_file
def test_the_database_is_well_once_it_can_be_reached_over_the_network(name: str) -> None:
    """Its image prepares a new database with a server that listens at the socket alone, and ends that."""
    check = compose(name)["services"]["database"]["healthcheck"]["test"]

    assert check[check.index("--host") + 1] == "127.0.0.1"


@every_file
def test_the_database_is_not_published(name: str) -> None:
    database = compose(name)["services"]["database"]

    assert "ports" not in database
    assert database.get("networks", ["default"]) != ["front"]


# --- the trial -------------------------------------------------------------------------------------


def test_the_service_starts_with_the_settings_of_the_trial() -> None:
    settings = settings_from(compose(TRIAL)["services"]["cds-service"]["environment"])

    assert settings.database_url == "postgresql://cds_service:for-development-only@database/cds_service"


def test_the_service_and_the_database_share_the_password_that_the_user_sets() -> None:
    services = compose(TRIAL, POSTGRES_PASSWORD="hunter2")["services"]

    assert services["database"]["environment"]["POSTGRES_PASSWORD"] == "hunter2"
    assert ":hunter2@" in services["cds-service"]["environment"]["CDS_DATABASE_URL"]


def test_nothing_of_the_trial_is_published_beyond_this_machine() -> None:
    assert published(TRIAL)
    assert all(port.startswith("127.0.0.1:") for port in published(TRIAL))


def test_what_the_trial_promises_at_an_address_is_published_there() -> None:
    head = (REPOSITORY / TRIAL).read_text().partition("\nname:")[0]

    promised = set(re.findall(r"https?://localhost:(\d+)", head))

    assert promised == {port.split(":")[1] for port in published(TRIAL)}


def test_nginx_finds_the_service_and_the_certificate_where_the_shipped_file_says() -> None:
    gateway = compose(TRIAL)["services"]["gateway"]
    shipped = (REPOSITORY / "deploy/nginx/cds-service.conf").read_text()
    made = (REPOSITORY / "deploy/compose/make_certificate.py").read_text()

    assert gateway["network_mode"] == "service:cds-service"
    assert "server 127.0.0.1:8000;" in shipped
    for path in re.findall(r"ssl_certificate(?:_key)? (\S+);", shipped):
        folder, _, file = path.rpartition("/")
        assert f"certificate:{folder}:ro" in gateway["volumes"]
        assert file in {n.value for n in ast.walk(ast.parse(made)) if isinstance(n, ast.Constant)}


def test_prometheus_asks_the_management_address_of_the_service() -> None:
    services = compose(TRIAL)["services"]
    (group,) = yaml.safe_load((REPOSITORY / "deploy/compose/targets.yml").read_text())

    port = services["cds-service"]["environment"]["CDS_MANAGEMENT_BIND"].rpartition(":")[2]

    assert group["targets"] == [f"cds-service:{port}"]


# --- production ------------------------------------------------------------------------------------


def test_production_starts_with_the_settings_that_a_site_is_shown(tmp_path: Any) -> None:
    clients = tmp_path / "clients.toml"
    clients.touch()
    own = compose(PRODUCTION)["services"]["cds-service"]["environment"]
    shown = {**settings_in(*SITE), **own, "CDS_TRUSTED_CLIENTS": str(clients)}

    settings = settings_from(shown)

    assert settings.profile == "production"


def test_every_container_of_production_is_closed_but_for_what_it_names() -> None:
    for name, service in compose(PRODUCTION)["services"].items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert "mem_limit" in service, name
        assert "privileged" not in service, name
        assert not {"SYS_ADMIN", "NET_ADMIN", "SYS_PTRACE"} & set(service.get("cap_add", [])), name


def test_production_runs_the_service_by_the_numbers_of_the_image() -> None:
    services = compose(PRODUCTION)["services"]
    (user,) = re.findall(r"^USER (\S+)$", (REPOSITORY / "Dockerfile").read_text(), re.MULTILINE)

    assert {services[name]["user"] for name in OURS} == {user}
    assert {services[name]["image"] for name in OURS} == {"cds-service"}


def test_a_reload_in_production_finds_files_that_were_put_in_the_place_of_others() -> None:
    """A mount of one file goes on showing the one that was there, and a reload would read that."""
    service = compose(PRODUCTION)["services"]["cds-service"]

    assert [volume for volume in service["volumes"] if volume.startswith("/")] == [
        "/etc/cds-service:/etc/cds-service:ro"
    ]


def test_production_publishes_the_gateway_to_others_and_the_management_to_this_machine_alone() -> None:
    assert published(PRODUCTION) == ["443:443", "127.0.0.1:8001:8001"]


def test_no_secret_stands_in_the_file_of_production() -> None:
    services = compose(PRODUCTION)["services"]
    text = (REPOSITORY / PRODUCTION).read_text()

    assert all("POSTGRES_PASSWORD" not in service.get("environment", {}) for service in services.values())
    assert services["database"]["environment"]["POSTGRES_PASSWORD_FILE"] == "/run/secrets/database-password"
    assert not re.search(r"^\s*(CDS_SITE_KEY|CDS_DATABASE_URL):", text, re.MULTILINE)
    assert {tuple(services[name]["env_file"]) for name in OURS} == {
        ("/etc/cds-service/settings.env", "/etc/cds-service/secrets.env")
    }


def test_nginx_finds_the_service_of_production_at_one_address_however_often_it_is_made_anew() -> None:
    """A name is looked up when nginx starts, and never again."""
    read = compose(PRODUCTION)
    address = read["services"]["cds-service"]["networks"]["front"]["ipv4_address"]
    (config,) = read["networks"]["front"]["ipam"]["config"]
    head = (REPOSITORY / PRODUCTION).read_text().partition("\nname:")[0]

    others = [ip_network(config["ip_range"]), ip_network(config["gateway"])]

    assert ip_address(address) in ip_network(config["subnet"])
    assert not any(ip_address(address) in other for other in others)
    assert re.findall(r"`server ([\d.]+):8000;`", head) == [address]


def test_only_the_gateway_is_in_the_network_that_is_trusted() -> None:
    read = compose(PRODUCTION)
    (subnet,) = (config["subnet"] for config in read["networks"]["front"]["ipam"]["config"])

    in_front = {name for name, service in read["services"].items() if "front" in service["networks"]}

    assert in_front == {"gateway", "cds-service"}
    assert read["services"]["cds-service"]["environment"]["CDS_TRUSTED_PROXIES"] == subnet
    assert read["networks"]["back"]["internal"] is True
