"""What a cluster would get: valid, nothing that the policy of a hospital refuses, and our settings."""

import copy
import ipaddress
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest

from cds_service import __version__
from cds_service.cli.main import cli
from cds_service.cli.serve import SECONDS_TO_STOP
from cds_service.records.spool import BYTES_OF_A_FILE, MOST_FILES
from cds_service.settings import Settings, settings_from
from cds_service.trust.client_file import trusted_clients_from
from cds_service.web.access import ROUTES, Access
from tests.unit.deploy.kubernetes import (
    KUBERNETES,
    OVERLAYS,
    Document,
    assembled,
    key_of,
    kustomize,
    rendered,
)

VERSIONS = ("1.30", "1.34", kubernetes_validate.latest_version())
"""From the first that knows `sleep` before a stop."""

IMAGE_USER = 10001
FHIR, DATABASE, DNS = "10.0.30.0/28", "10.0.20.5/32", "kube-dns"


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> str | None:
    found = kustomize(tmp_path_factory.mktemp("go"))
    if found is None:
        print("kustomize and Go are missing: the documents are put together without kustomize")
    return found


@pytest.fixture(params=OVERLAYS)
def overlay(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def documents(program: str | None, overlay: str) -> list[Document]:
    return assembled(overlay) if program is None else rendered(program, overlay)


@pytest.fixture
def production(program: str | None) -> list[Document]:
    return assembled("production") if program is None else rendered(program, "production")


def the(documents: list[Document], kind: str, name: str = "") -> Document:
    (found,) = (d for d in documents if d["kind"] == kind and d["metadata"]["name"].startswith(name))
    return found


def pods_of(documents: list[Document]) -> Iterator[Document]:
    """The pods of every workload."""
    for document in documents:
        if "template" in document.get("spec", {}):
            yield document["spec"]["template"]


def containers_of(documents: list[Document]) -> Iterator[Document]:
    for pod in pods_of(documents):
        yield from (*pod["spec"]["containers"], *pod["spec"].get("initContainers", []))


def plain(value: Any) -> Any:
    """Without what only kustomize adds, lists of objects in one order."""
    if isinstance(value, dict):
        return {name: plain(part) for name, part in value.items() if name not in ("labels", "namespace")}
    if isinstance(value, list):
        return sorted(map(plain, value), key=lambda part: json.dumps(part, sort_keys=True))
    text = re.sub(r"^(cds-service-(?:settings|clients))-[a-z0-9]{10}$", r"\1", str(value))
    return re.sub(rf"^registry\.hospital\.example/cds-service:{__version__}$", "cds-service", text)


# --- valid ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", VERSIONS)
def test_every_document_is_one_by_the_strict_schemas_of_kubernetes(
    documents: list[Document], version: str
) -> None:
    for document in documents:
        kubernetes_validate.validate(document, version, strict=True)


@pytest.mark.parametrize("version", VERSIONS)
def test_what_is_put_together_without_kustomize_is_valid_too(overlay: str, version: str) -> None:
    for document in assembled(overlay):
        kubernetes_validate.validate(document, version, strict=True)


def test_the_schemas_notice_a_misspelled_member(production: list[Document]) -> None:
    wrong = copy.deepcopy(the(production, "Deployment"))
    wrong["spec"]["template"]["spec"]["containers"][0]["readinesProbe"] = {}

    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, VERSIONS[0], strict=True)


def test_with_and_without_kustomize_the_documents_are_the_same(program: str | None, overlay: str) -> None:
    ours = {key_of(document): document for document in map(plain, assembled(overlay))}
    if program is None:
        print("nothing to compare with")
        return
    theirs = {key_of(document): document for document in map(plain, rendered(program, overlay))}

    assert theirs.keys() == ours.keys()
    for key, document in theirs.items():
        assert document == ours[key], key


def test_an_overlay_has_what_its_purpose_needs_and_every_file_is_used(
    program: str | None, overlay: str
) -> None:
    kinds = {kind for kind, _ in map(key_of, assembled(overlay))}
    files = {file.name for file in (KUBERNETES / "overlays" / overlay).iterdir()}
    text = (KUBERNETES / "overlays" / overlay / "kustomization.yaml").read_text()

    assert kinds >= {"Deployment", "Service", "ServiceAccount", "NetworkPolicy", "ConfigMap"}
    if overlay == "production":
        assert kinds >= {"HorizontalPodAutoscaler", "PodDisruptionBudget", "Job"}
    assert {name for name in files if name not in text} == {"kustomization.yaml"}


# --- policy --------------------------------------------------------------------------------------------


def test_no_pod_may_more_than_it_needs(documents: list[Document]) -> None:
    for pod in pods_of(documents):
        spec, security = pod["spec"], pod["spec"]["securityContext"]

        assert security["runAsNonRoot"] is True
        assert security["runAsUser"] == security["runAsGroup"] == IMAGE_USER
        assert security["seccompProfile"] == {"type": "RuntimeDefault"}
        assert spec["automountServiceAccountToken"] is False
        assert not {"hostNetwork", "hostPID", "hostIPC"} & spec.keys()
        assert all(
            {"emptyDir", "configMap", "persistentVolumeClaim"} & volume.keys()
            for volume in spec.get("volumes", [])
        )
    for container in containers_of(documents):
        security = container["securityContext"]

        assert security["allowPrivilegeEscalation"] is False
        assert security["privileged"] is False
        assert security["readOnlyRootFilesystem"] is True
        assert security["capabilities"] == {"drop": ["ALL"]}


def test_the_user_is_the_one_of_the_image() -> None:
    dockerfile = (KUBERNETES.parents[1] / "Dockerfile").read_text()

    assert f"USER {IMAGE_USER}:{IMAGE_USER}" in dockerfile


def test_every_container_says_what_it_takes_and_which_version_it_is(documents: list[Document]) -> None:
    for container in containers_of(documents):
        for bound in ("requests", "limits"):
            assert container["resources"][bound].keys() == {"cpu", "memory"}
        assert container["image"] in ("cds-service", f"registry.hospital.example/cds-service:{__version__}")
        assert container["imagePullPolicy"] == "IfNotPresent"


def test_no_pod_gets_variables_of_services_which_would_stop_the_start(documents: list[Document]) -> None:
    assert [pod["spec"]["enableServiceLinks"] for pod in pods_of(documents)] == [
        False for _ in pods_of(documents)
    ]


def test_only_folders_that_are_meant_can_be_written(production: list[Document]) -> None:
    pod = the(production, "Deployment")["spec"]["template"]["spec"]
    mounts = {
        mount["mountPath"]: mount.get("readOnly", False) for mount in pod["containers"][0]["volumeMounts"]
    }

    assert mounts == {"/var/lib/cds-service": False, "/tmp": False, "/etc/cds-service": True}


def test_a_pod_is_asked_at_routes_that_are_open_and_at_ports_that_it_has(documents: list[Document]) -> None:
    container = the(documents, "Deployment")["spec"]["template"]["spec"]["containers"][0]
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}

    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        asked = container[probe]["httpGet"]
        assert ROUTES[asked["path"]] is Access.OPEN
        assert ports[asked["port"]] == 8000
    assert container["readinessProbe"]["httpGet"]["path"] == "/health/ready"
    assert container["livenessProbe"]["httpGet"]["path"] == "/health/live"


def test_a_pod_that_ends_has_time_to_be_forgotten_and_to_answer(documents: list[Document]) -> None:
    pod = the(documents, "Deployment")["spec"]["template"]["spec"]
    before = pod["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]

    assert before >= 5
    assert pod["terminationGracePeriodSeconds"] >= before + SECONDS_TO_STOP + 5


def test_a_service_and_every_policy_and_budget_choose_pods_that_there_are(documents: list[Document]) -> None:
    labels = [pod["metadata"]["labels"] for pod in pods_of(documents)]
    selectors = [
        spec.get("podSelector") or spec["selector"]
        for spec in (document.get("spec", {}) for document in documents)
        if "podSelector" in spec or "selector" in spec
    ]

    assert len(selectors) >= 3
    for selector in selectors:
        wanted = selector.get("matchLabels", selector)
        assert any(wanted.items() <= of_pod.items() for of_pod in labels), wanted


# --- network -------------------------------------------------------------------------------------------


def rules_of(policy: Document, way: str) -> list[tuple[str, set[int]]]:
    """Whom each rule lets through, and the ports; a rule that names nobody would let everyone through."""
    peer = {"egress": "to", "ingress": "from"}[way]
    return [
        (str(party), {port["port"] for port in rule["ports"]})
        for rule in policy["spec"][way]
        for party in rule[peer]
    ]


def test_every_pod_is_under_a_policy_of_both_ways(documents: list[Document]) -> None:
    policies = [document["spec"] for document in documents if document["kind"] == "NetworkPolicy"]

    assert all(policy["policyTypes"] == ["Ingress", "Egress"] for policy in policies)
    for pod in pods_of(documents):
        labels = pod["metadata"]["labels"].items()
        assert any(policy["podSelector"]["matchLabels"].items() <= labels for policy in policies)


def test_what_goes_out_goes_to_dns_the_database_and_the_listed_servers_alone(
    production: list[Document],
) -> None:
    (policy,) = (d for d in production if key_of(d) == ("NetworkPolicy", "cds-service"))

    service = rules_of(policy, "egress")

    assert [(DNS in party, DATABASE in party, FHIR in party, ports) for party, ports in service] == [
        (True, False, False, {53}),
        (False, True, False, {5432}),
        (False, False, True, {443}),
    ]


def test_no_rule_is_for_everyone(documents: list[Document]) -> None:
    for policy in (document for document in documents if document["kind"] == "NetworkPolicy"):
        for way, peer in (("egress", "to"), ("ingress", "from")):
            for rule in policy["spec"][way]:
                assert rule[peer]
                assert rule["ports"]
                for party in rule[peer]:
                    assert party
                    network = ipaddress.ip_network(party.get("ipBlock", {"cidr": "10.0.0.0/28"})["cidr"])
                    assert network.prefixlen >= 24


def test_what_comes_in_comes_from_the_gateway_and_from_prometheus(production: list[Document]) -> None:
    (policy,) = (d for d in production if key_of(d) == ("NetworkPolicy", "cds-service"))

    gateway, monitoring = rules_of(policy, "ingress")

    assert "'gateway'" in gateway[0]
    assert gateway[1] == {8000}
    assert "'prometheus'" in monitoring[0]
    assert monitoring[1] == {8001}


def test_the_management_has_no_service(documents: list[Document]) -> None:
    (port,) = the(documents, "Service")["spec"]["ports"]

    assert port["targetPort"] == "http"


def test_a_disruption_and_the_autoscaler_leave_one_that_answers(production: list[Document]) -> None:
    budget = the(production, "PodDisruptionBudget")["spec"]
    scaler = the(production, "HorizontalPodAutoscaler")["spec"]
    deployment = the(production, "Deployment")

    assert scaler["minReplicas"] >= 2 > budget["maxUnavailable"]
    assert scaler["scaleTargetRef"]["name"] == deployment["metadata"]["name"]
    assert "replicas" not in deployment["spec"]
    assert deployment["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0


# --- settings ------------------------------------------------------------------------------------------


def settings_of(documents: list[Document], tmp_path: Path) -> Settings:
    """The settings that the container gets, with secrets and the files of its volumes in their places."""
    data = dict(the(documents, "ConfigMap", "cds-service-settings")["data"])
    container = the(documents, "Deployment")["spec"]["template"]["spec"]["containers"][0]
    for variable in container.get("env", []):
        assert "secretKeyRef" in variable["valueFrom"], "a secret in the open"
        secret = {"database-url": "postgresql://cds@db.example/cds", "site-key": "k" * 32}
        data[variable["name"]] = secret[variable["valueFrom"]["secretKeyRef"]["key"]]
    if "CDS_TRUSTED_CLIENTS" in data:
        file = tmp_path / "clients.toml"
        file.write_text(the(documents, "ConfigMap", "cds-service-clients")["data"]["clients.toml"])
        assert data["CDS_TRUSTED_CLIENTS"] == "/etc/cds-service/clients.toml"
        data["CDS_TRUSTED_CLIENTS"] = str(file)
        assert trusted_clients_from(file, http_allowed=False)
    return settings_from(data)


def test_the_service_would_start_with_its_settings(documents: list[Document], tmp_path: Path) -> None:
    settings = settings_of(documents, tmp_path)

    assert (settings.host, settings.port) == ("0.0.0.0", 8000)


def test_in_production_the_management_and_the_spool_are_where_the_pod_has_them(
    production: list[Document], tmp_path: Path
) -> None:
    settings = settings_of(production, tmp_path)
    container = the(production, "Deployment")["spec"]["template"]["spec"]["containers"][0]

    assert settings.profile == "production"
    assert settings.management_bind == "0.0.0.0:8001"
    assert {port["containerPort"] for port in container["ports"]} == {8000, 8001}
    assert str(settings.spool_dir).startswith("/var/lib/cds-service/")


def test_a_full_spool_has_no_pod_evicted(production: list[Document], tmp_path: Path) -> None:
    """Above its limit an `emptyDir` is lost with its pod, and with it what waits for the database."""
    volumes = the(production, "Deployment")["spec"]["template"]["spec"]["volumes"]
    (limit,) = (each["emptyDir"]["sizeLimit"] for each in volumes if each["name"] == "state")

    full = settings_of(production, tmp_path).workers * BYTES_OF_A_FILE * MOST_FILES

    assert int(limit.removesuffix("Gi")) << 30 > full


def test_no_secret_stands_in_a_file() -> None:
    for file in KUBERNETES.rglob("*"):
        if file.is_file():
            text = file.read_text()
            assert "kind: Secret" not in text
            assert "CDS_SITE_KEY=" not in text
            assert "postgresql://" not in text


def test_the_migration_is_a_command_of_the_image_and_names_the_owner_of_the_tables(
    production: list[Document],
) -> None:
    job = the(production, "Job")["spec"]
    (container,) = job["template"]["spec"]["containers"]
    group, command = container["args"]

    assert command in cli.commands[group].commands  # type: ignore[attr-defined]
    assert container["env"][0]["valueFrom"]["secretKeyRef"]["name"] == "cds-service-migration"
    assert job["template"]["spec"]["restartPolicy"] == "Never"
    assert "ttlSecondsAfterFinished" in job
