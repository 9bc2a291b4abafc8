# Exhibit in a container: `docker build -t exhibit .`; docker-compose.yml puts it together with what it needs.
# Nothing is written but /data, the volume, and /tmp: the root may be read-only.

FROM python:3.13-slim-trixie AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /opt/exhibit
RUN python -m venv .venv
# Wheels only, each with its hash; this layer stays until the lock changes.
COPY requirements.lock ./
RUN .venv/bin/pip install --require-hashes --no-deps --only-binary :all: --requirement requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY alembic alembic
COPY service service
RUN .venv/bin/pip install --no-deps --no-build-isolation --no-index --editable . \
    && .venv/bin/pip uninstall --yes flit-core pip \
    && .venv/bin/python -m compileall -q .venv/lib alembic service

FROM python:3.13-slim-trixie
RUN groupadd --gid 10001 exhibit \
    && useradd --uid 10001 --gid 10001 --home-dir /data --no-create-home --shell /usr/sbin/nologin exhibit \
    && install -d -o exhibit -g exhibit -m 700 /data
COPY --from=build /opt/exhibit /opt/exhibit
ENV PATH=/opt/exhibit/.venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    EXHIBIT_DATA_DIR=/data \
    EXHIBIT_HOST=0.0.0.0 \
    EXHIBIT_PORT=8000
WORKDIR /opt/exhibit
VOLUME /data
EXPOSE 8000
USER 10001:10001
STOPSIGNAL SIGTERM
# A server's; a worker has no port, so docker-compose.yml turns it off there.
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=3 CMD ["python", "-c", "import os, urllib.request as web; web.urlopen('http://127.0.0.1:' + os.environ['EXHIBIT_PORT'] + '/health/ready', timeout=8)"]
ENTRYPOINT ["exhibit"]
# Not `run`: that makes a token for whoever reads what it prints, which here is a log.
CMD ["serve", "--with-worker"]
