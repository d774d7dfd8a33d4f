"""The documents of `deploy/kubernetes` as a cluster would get them: by kustomize, or without it nearly so."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

KUBERNETES: Final = Path(__file__).parents[3] / "deploy" / "kubernetes"
OVERLAYS: Final = ("evaluation", "production")
KUSTOMIZE: Final = "sigs.k8s.io/kustomize/kustomize/v5@v5.7.1"
Document = dict[str, Any]


@cache
def kustomize(folder: Path) -> str | None:
    """The program: as it is installed, else built into a folder by Go; None where there is no Go either.

    On a developer's machine None too where Go reaches no modules; in CI it must.
    """
    found = shutil.which("kustomize", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    if found is not None:
        return found
    if shutil.which("go") is None:
        return None
    environ = {**os.environ, "GOBIN": str(folder)}
    done = subprocess.run(["go", "install", KUSTOMIZE], env=environ, capture_output=True, check=False)
    if done.returncode and os.environ.get("CI") != "true":
        return None
    done.check_returncode()
    return str(folder / "kustomize")


def rendered(program: str, overlay: str) -> list[Document]:
    """What kustomize makes of an overlay."""
    done = subprocess.run(
        [program, "build", str(KUBERNETES / "overlays" / overlay)], capture_output=True, text=True, check=True
    )
    return [document for document in yaml.safe_load_all(done.stdout) if document]


def assembled(overlay: str) -> list[Document]:
    """The same without kustomize: resources of the base and of the overlay, patches, generated ConfigMaps.

    Names of generated ones are without their hash, labels as they stand, and there is no namespace.
    """
    folder = KUBERNETES / "overlays" / overlay
    own = read(folder / "kustomization.yaml")
    names = read(KUBERNETES / "base" / "kustomization.yaml")["resources"]
    documents = [read(KUBERNETES / "base" / name) for name in names]
    documents += [read(folder / name) for name in own["resources"] if not name.startswith("../")]
    for patch in own["patches"]:
        change = read(folder / patch["path"])
        (target,) = (document for document in documents if key_of(document) == key_of(change))
        target.update(merged(target, change))
    return [*documents, *_config_maps(folder, own)]


def read(file: Path) -> Document:
    """The one document of a file."""
    document: Document = yaml.safe_load(file.read_text())
    return document


def key_of(document: Document) -> tuple[str, str]:
    return document["kind"], document["metadata"]["name"]


def merged(value: Any, change: Any) -> Any:
    """A strategic merge: objects by their members, lists of things with names by these, other lists anew."""
    if isinstance(value, dict) and isinstance(change, dict):
        both = {name: merged(value.get(name), part) for name, part in change.items() if part is not None}
        return {**{name: part for name, part in value.items() if name not in change}, **both}
    if isinstance(value, list) and isinstance(change, list) and all(map(_name, [*value, *change])):
        changed = {_name(part): part for part in change}
        old = [merged(part, changed.pop(_name(part))) if _name(part) in changed else part for part in value]
        return [*changed.values(), *old]
    return change


def _name(part: Any) -> object:
    """By what Kubernetes knows the items of a list apart."""
    if not isinstance(part, dict):
        return None
    return part.get("containerPort") or part.get("mountPath") or part.get("name")


def _config_maps(folder: Path, own: Document) -> Iterator[Document]:
    for made in own["configMapGenerator"]:
        data = dict(
            line.split("=", 1)
            for name in made.get("envs", [])
            for line in (folder / name).read_text().split()
        )
        data |= {name: (folder / name).read_text() for name in made.get("files", [])}
        yield {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": made["name"]}, "data": data}
