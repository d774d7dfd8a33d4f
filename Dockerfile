# The image of the service: `make image` builds it (docs/how-to/deploy.md).
#
# PYTHON_IMAGE is any image with the version of Python that the lock files were made and tested with, as `python`, and
# with its venv and ensurepip. To pin the very image, name its digest:
# docker build --build-arg PYTHON_IMAGE=docker.io/library/python:3.11-slim@sha256:DIGEST .
ARG PYTHON_IMAGE=docker.io/library/python:3.11-slim

FROM ${PYTHON_IMAGE} AS build
WORKDIR /build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
# pip and what builds the wheel live in an environment of their own, which stays behind in this stage.
RUN python -m venv tools && python -m venv --without-pip /opt/cds-service
COPY requirements.lock requirements-build.lock ./
# The secrets are for a site with a package index or an authority of its own; without them they are not mounted.
RUN --mount=type=secret,id=pip.conf,target=/etc/pip.conf \
    --mount=type=secret,id=authorities.pem,target=/etc/authorities.pem \
    tools/bin/pip install --require-hashes --requirement requirements-build.lock && \
    tools/bin/pip --python /opt/cds-service/bin/python install --require-hashes --requirement requirements.lock
COPY pyproject.toml README.md LICENSE NOTICE ./
COPY cds_service ./cds_service
RUN tools/bin/pip wheel --no-deps --no-index --no-build-isolation --wheel-dir dist . && \
    tools/bin/pip --python /opt/cds-service/bin/python install --no-deps --no-index dist/*.whl

FROM ${PYTHON_IMAGE}
# Nothing in the image installs or builds anything, and nobody gains rights: pip goes, wherever the base has it, and so
# do the bits by which a program runs as its owner.
# /srv/cds-service is where the service writes its record unless CDS_DATABASE_URL names another place.
# hadolint ignore=SC2086 # the names of several packages
RUN rm -rf /usr/local/bin/pip* /usr/local/bin/wheel /usr/local/lib/python3*/ensurepip \
        /usr/local/lib/python3*/site-packages/* && \
    installers=$(dpkg-query --show --showformat '${Package} ' 'python3*-venv' 'python3-*-whl' python3-distutils \
        python3-lib2to3 2>/dev/null || true) && \
    if [ -n "$installers" ]; then dpkg --purge $installers; fi && \
    echo 'cds-service:x:10001:' >> /etc/group && \
    echo 'cds-service:x:10001:10001::/srv/cds-service:/usr/sbin/nologin' >> /etc/passwd && \
    install --directory --owner 10001 --group 10001 --mode 0700 /srv/cds-service && \
    find / -xdev -type f -perm /6000 -exec chmod a-s {} +
COPY --from=build /opt/cds-service /opt/cds-service
WORKDIR /srv/cds-service
# As numbers, by which Kubernetes can tell that it is not root (runAsNonRoot).
USER 10001:10001
ENV PATH=/opt/cds-service/bin:$PATH PYTHONUNBUFFERED=1 CDS_PROFILE=production
EXPOSE 8000
# An engine may hand on the http_proxy of its host, which knows nothing of this container.
HEALTHCHECK --interval=10s --timeout=3s --start-period=15s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as u; u.build_opener(u.ProxyHandler({})).open(f'http://127.0.0.1:{os.environ.get(\"CDS_PORT\", \"8000\")}/health/live', timeout=2)"]
ENTRYPOINT ["cds-service"]
CMD ["serve", "--host", "0.0.0.0"]
