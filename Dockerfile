# The same minor version of Python as the lock file was made and tested with. To pin the very image:
# docker build --build-arg PYTHON_IMAGE=python:3.11-slim@sha256:DIGEST . (docs/how-to/run-in-production.md).
ARG PYTHON_IMAGE=python:3.11-slim

FROM ${PYTHON_IMAGE} AS build
WORKDIR /build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/cds-service
COPY requirements.lock ./
RUN /opt/cds-service/bin/pip install --require-hashes --requirement requirements.lock
COPY pyproject.toml README.md LICENSE NOTICE ./
COPY cds_service ./cds_service
RUN /opt/cds-service/bin/pip install --no-deps .

FROM ${PYTHON_IMAGE}
COPY --from=build /opt/cds-service /opt/cds-service
# /srv/cds-service is where the service writes its record unless CDS_DATABASE_URL names another place.
RUN groupadd --system --gid 10001 cds-service && \
    useradd --system --uid 10001 --gid 10001 --home-dir /srv/cds-service --create-home cds-service
WORKDIR /srv/cds-service
# As numbers, by which Kubernetes can tell that it is not root (runAsNonRoot).
USER 10001:10001
ENV PATH=/opt/cds-service/bin:$PATH PYTHONUNBUFFERED=1 CDS_PROFILE=production
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=15s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen(f'http://127.0.0.1:{os.environ.get(\"CDS_PORT\", \"8000\")}/health/live', timeout=2)"]
ENTRYPOINT ["cds-service"]
CMD ["serve", "--host", "0.0.0.0"]
