#!/usr/bin/env bash
# Builds the image of the service with what this machine has: buildah, else podman, else docker. `make image` calls it.
#
#   IMAGE          its name and tag; cds-service unless set
#   PYTHON_IMAGE   its base, by digest for a release; unset: the Dockerfile's, or where no registry is reached a Debian
#                  with the same Python, which mmdebstrap makes
#   DEBIAN_MIRROR  where mmdebstrap takes Debian from; unset: its own choice
#   PIP_INDEX_URL, PIP_CERT  a package index, and a file of its authorities, of the site's own
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

IMAGE="${IMAGE:-cds-service}"
RELEASE=bookworm # the Debian whose python3 is the Python of the lock files
MADE=localhost/cds-service-base:$RELEASE

say() { printf '%s\n' "$*" >&2; }
stop() { say "make image: $*"; exit 1; }

builder() {
  if command -v buildah >/dev/null; then echo buildah
  elif command -v podman >/dev/null; then echo podman
  elif command -v docker >/dev/null && docker info >/dev/null 2>&1; then echo docker
  elif command -v docker >/dev/null; then stop "docker is there, but no engine answers it; start one, or install buildah"
  else stop "needs buildah, podman or docker with its engine (Debian: apt-get install buildah mmdebstrap)"
  fi
}

usual_base() { sed -n 's/^ARG PYTHON_IMAGE=//p' Dockerfile; }

# The archives that Debian calls slim's: no documentation, no manuals, no translations.
make_base() {
  command -v mmdebstrap >/dev/null ||
    stop "no registry gave $(usual_base); set PYTHON_IMAGE, or install mmdebstrap (Debian: apt-get install mmdebstrap)"
  say "No registry gave $(usual_base). Making $MADE from Debian's packages (about 100 s, this once)"
  mmdebstrap --quiet --variant=essential --include=python-is-python3,python3-venv,ca-certificates,tzdata \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/*/copyright' \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt=force-unsafe-io \
    "$RELEASE" "$SCRATCH/base.tar" ${DEBIAN_MIRROR:+"$DEBIAN_MIRROR"} >&2
  local container
  container="$(buildah from scratch)"
  buildah add --quiet "$container" "$SCRATCH/base.tar" / >/dev/null
  buildah config --cmd python3 "$container"
  buildah commit --quiet --rm "$container" "$MADE" >/dev/null
}

base_for_buildah() {
  if buildah inspect --type image "$MADE" >/dev/null 2>&1; then echo "$MADE"
  elif buildah pull --quiet "$(usual_base)" >/dev/null 2>&1; then usual_base
  else make_base && echo "$MADE"
  fi
}

# What pip needs to know of a site's own index, as files that only the build sees.
secrets() {
  local certificate="${PIP_CERT:-$(python3 -m pip config get global.cert 2>/dev/null || true)}"
  [ -n "${PIP_INDEX_URL:-}$certificate" ] || return 0
  {
    echo '[global]'
    [ -z "${PIP_INDEX_URL:-}" ] || echo "index-url = $PIP_INDEX_URL"
    [ -z "$certificate" ] || echo 'cert = /etc/authorities.pem'
  } > "$SCRATCH/pip.conf"
  echo "--secret=id=pip.conf,src=$SCRATCH/pip.conf"
  [ -z "$certificate" ] || echo "--secret=id=authorities.pem,src=$certificate"
}

BUILDER="$(builder)"
SCRATCH="$(mktemp -d)"
trap 'rm -rf "$SCRATCH"' EXIT

options=(--tag "$IMAGE")
case "$BUILDER" in
  # CAUTION: buildah's own format, OCI's, has no health check.
  buildah) command=(buildah build --isolation chroot --format docker --layers=false)
           PYTHON_IMAGE="${PYTHON_IMAGE:-$(base_for_buildah)}" ;;
  podman) command=(podman build --format docker) ;;
  docker) command=(docker build) ;;
esac
[ -z "${PYTHON_IMAGE:-}" ] || options+=(--build-arg "PYTHON_IMAGE=$PYTHON_IMAGE")
mapfile -t given < <(secrets)
say "Building $IMAGE with $BUILDER on ${PYTHON_IMAGE:-$(usual_base)}"
"${command[@]}" "${options[@]}" ${given[@]+"${given[@]}"} .
