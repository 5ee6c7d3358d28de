# Image of the server and of the migration task: Python, MLflow, and the drivers of PostgreSQL and S3; no code of a team.
# Build it in the folder of the module:
#   docker build -f docker/mlflow.Dockerfile --build-arg COMMIT="$(git rev-parse HEAD)" .
# For a private package index: --secret id=pip,src=<your pip.conf>, which is not stored in any layer.
ARG BASE_IMAGE=python:3.13.13-slim-bookworm

FROM ${BASE_IMAGE} AS build
ENV PIP_NO_CACHE_DIR=1 PYTHONUNBUFFERED=1
COPY docker/requirements.txt /tmp/requirements.txt
RUN --mount=type=secret,id=pip,target=/etc/pip.conf \
    python3 -m venv /opt/venv \
    && /opt/venv/bin/python -m pip install --quiet --only-binary :all: --require-hashes -r /tmp/requirements.txt \
    && /opt/venv/bin/python -m pip uninstall --yes --quiet setuptools pip

# Certificate authorities of RDS. AWS publishes them only at this URL and adds authorities over time, so no digest is
# pinned; TLS authenticates the server. RDS_CERTIFICATES=docker/<file> uses a local file instead.
FROM ${BASE_IMAGE} AS certificates
ARG RDS_CERTIFICATES=https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem
# hadolint ignore=DL3020
ADD ${RDS_CERTIFICATES} /rds.pem
RUN chmod 0444 /rds.pem && grep -q "BEGIN CERTIFICATE" /rds.pem

FROM ${BASE_IMAGE}
ENV PATH="/opt/venv/bin:${PATH}" \
    HOME=/tmp \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
COPY --from=build /opt/venv /opt/venv
COPY --from=certificates /rds.pem /etc/mlflow/rds.pem
COPY --chmod=0444 docker/basic_auth.ini /etc/mlflow/basic_auth.ini
COPY --chmod=0444 docker/migrate.py /opt/mlflow/migrate.py
# Only /tmp is written, so the root file system may be read-only.
WORKDIR /tmp
USER 10001:10001
EXPOSE 5000
# Last, because they change with each commit and would invalidate the cache of later layers.
ARG BASE_IMAGE
ARG COMMIT=""
LABEL org.opencontainers.image.title="mlflow" \
      org.opencontainers.image.revision="${COMMIT}" \
      org.opencontainers.image.base.name="${BASE_IMAGE}"
