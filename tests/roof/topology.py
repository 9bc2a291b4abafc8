"""What docker-compose.yml describes, as processes of this machine, with the very settings it gives.

Only host names, ports and folders are others: here all is on loopback and in one folder. Around
ours stand PostgreSQL from a wheel, moto as the S3 store, aiosmtpd as the mail server, and Caddy
where it is installed.
"""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import cycle
from pathlib import Path

import httpx2
import psycopg
from psycopg import sql
from sqlalchemy import make_url

from tests.compose import ROOT, SECRETS, Service, example, services
from tests.patience import PATIENCE, until
from tests.s3 import open_s3
from tests.worker.postbox import Postbox, open_postbox

SECONDS = 180  # for one command, while all the others run beside it
CADDY = shutil.which("caddy")
CHECK = re.search(r"^HEALTHCHECK .* CMD (\[.*\])$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)


@dataclass
class Topology:
    """Where everything is, and what runs."""

    folder: Path
    site: str
    parts: Mapping[str, Service]
    written: Mapping[str, str]  # in .env, by whoever runs it
    places: dict[str, str] = field(default_factory=dict)
    ports: dict[str, int] = field(default_factory=dict)
    running: dict[str, subprocess.Popen[str]] = field(default_factory=dict)
    postbox: Postbox | None = None

    @property
    def servers(self) -> list[str]:
        """The addresses of those that answer, past the proxy."""
        return [f"http://127.0.0.1:{port}" for port in self.ports.values()]

    @property
    def data(self) -> Path:
        """The volume."""
        return self.folder / "data"

    @property
    def database_url(self) -> str:
        settings = self.settings(self.ours[-1])
        return settings.get("EXHIBIT_DATABASE_URL", f"sqlite:///{self.data / 'exhibit.db'}")

    @property
    def ours(self) -> list[Service]:
        return [part for part in self.parts.values() if part.is_ours]

    def settings(self, part: Service) -> dict[str, str]:
        """As the file gives them, at the places of this machine."""
        assert part.said["env_file"] == [".env"]
        given = {**self.written, **part.environment}
        given |= {"EXHIBIT_HOST": "127.0.0.1", "EXHIBIT_DATA_DIR": str(self.data)}
        given["EXHIBIT_PORT"] = str(self.ports.get(part.name, 0))
        moved = {name: place for name, place in self.places.items() if name in given}
        if url := given.get("EXHIBIT_DATABASE_URL"):
            there = make_url(url).set(host=None, port=None, query={"host": self.places["postgres"]})
            moved["EXHIBIT_DATABASE_URL"] = there.render_as_string(hide_password=False)
        return given | moved

    def exhibit(self, *words: str) -> str:
        """What one command says, run like `docker compose run app …`. It must do well."""
        done = subprocess.run(
            self._words(list(words)),
            cwd=self.folder,
            env=self._environment(self.ours[-1]),
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def start(self, part: Service) -> None:
        with (self.folder / f"{part.name}.log").open("w") as log:
            self.running[part.name] = subprocess.Popen(
                self._words(part.command),
                cwd=self.folder,
                env=self._environment(part),
                stdout=log,
                stderr=subprocess.STDOUT,
                text=True,
            )

    def is_healthy(self, part: Service) -> bool:
        """By the very check of the Dockerfile."""
        assert CHECK
        assert self.running[part.name].poll() is None, self.log(part.name)
        words = [sys.executable, *json.loads(CHECK[1])[1:]]
        looked = subprocess.run(
            words, env=self._environment(part), capture_output=True, check=False
        )
        return looked.returncode == 0

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text()

    def stop(self) -> dict[str, int]:
        """How each ended after a polite word."""
        for process in self.running.values():
            process.send_signal(signal.SIGTERM)
        return {name: process.wait(SECONDS) for name, process in self.running.items()}

    def kill(self) -> None:
        for process in self.running.values():
            if process.poll() is None:
                process.kill()
                process.wait(SECONDS)

    @contextmanager
    def visitor(self, address: str = "127.0.0.1") -> Iterator[httpx2.Client]:
        """Who comes from that address of this machine, by the proxy or by what stands for it."""
        transport: httpx2.BaseTransport = httpx2.HTTPTransport(local_address=address)
        if not CADDY:
            transport = RoundRobin(transport, list(self.ports.values()), address)
        with httpx2.Client(base_url=self.site, transport=transport, timeout=PATIENCE) as client:
            yield client

    def _words(self, command: list[str]) -> list[str]:
        return [sys.executable, "-m", "service", *command]

    def _environment(self, part: Service) -> dict[str, str]:
        return {**os.environ, "PYTHONPATH": str(ROOT), **self.settings(part)}


class RoundRobin(httpx2.BaseTransport):
    """A stand-in for the proxy: each request to the next server, saying from where it came."""

    def __init__(self, inner: httpx2.BaseTransport, ports: Sequence[int], address: str) -> None:
        self._inner, self._ports, self._address = inner, cycle(ports), address

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        request.headers["X-Forwarded-For"] = self._address
        request.url = request.url.copy_with(port=next(self._ports))
        return self._inner.handle_request(request)

    def close(self) -> None:
        self._inner.close()


@contextmanager
def topology(folder: Path, postgresql: str, *, scale: bool, **written: str) -> Iterator[Topology]:
    """Everything up and healthy, with what is `written` into .env beside the example's lines."""
    site = f"http://127.0.0.1:{free_port()}"
    given = {**example(scale=scale), **SECRETS, "EXHIBIT_BASE_URL": site, **written}
    with ExitStack() as held:
        up = Topology(folder, site, services(given), given)
        held.callback(up.kill)
        if scale:
            _neighbours(up, held, postgresql)
        up.ports = {part.name: free_port() for part in up.ours if part.command[0] == "serve"}
        for part in up.ours:
            if not part.runs_on:
                up.exhibit(*part.command)
        for part in up.ours:
            if part.runs_on:
                up.start(part)
        for part in up.ours:
            if part.name in up.ports:
                until(partial(up.is_healthy, part))
        if CADDY:
            _start_caddy(up)
        yield up


def _neighbours(up: Topology, held: ExitStack, postgresql: str) -> None:
    """The services of others, as the file's settings expect them."""
    up.postbox = held.enter_context(open_postbox())
    store = held.enter_context(open_s3(up.parts["s3"].environment["GARAGE_DEFAULT_BUCKET"]))
    up.places["EXHIBIT_MAIL__HOST"] = "127.0.0.1"
    up.places["EXHIBIT_MAIL__PORT"] = str(up.postbox.port)
    up.places["EXHIBIT_BLOBS__S3_ENDPOINT"] = store.options["endpoint"]
    up.places["postgres"] = str(make_url(postgresql).query["host"])
    _make_database(postgresql, up.parts["postgres"].environment)


def _make_database(server: str, said: Mapping[str, str]) -> None:
    """As the image of PostgreSQL does at its first start."""
    name, owner = (sql.Identifier(said[f"POSTGRES_{word}"]) for word in ("DB", "USER"))
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
        connection.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(owner))
        password = sql.Literal(said["POSTGRES_PASSWORD"])
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(owner, password))
        connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(name, owner))


def _start_caddy(up: Topology) -> None:
    """With our Caddyfile; it listens on loopback only."""
    assert CADDY
    said = up.parts["proxy"].environment
    for name, port in up.ports.items():
        said["UPSTREAMS"] = said["UPSTREAMS"].replace(f"{name}:8000", f"127.0.0.1:{port}")
    homes = dict.fromkeys(("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"), str(up.folder))
    environment = {**os.environ, **homes, **said}
    file = str(ROOT / "deploy" / "Caddyfile")
    words = [CADDY, "adapt", "--adapter", "caddyfile", "--config", file]
    adapted = subprocess.run(words, env=environment, capture_output=True, text=True, check=True)
    config = json.loads(adapted.stdout)
    [server] = config["apps"]["http"]["servers"].values()
    server["listen"] = [f"127.0.0.1{address}" for address in server["listen"]]
    (up.folder / "caddy.json").write_text(json.dumps(config))
    with (up.folder / "caddy.log").open("w") as log:
        up.running["proxy"] = subprocess.Popen(
            [CADDY, "run", "--config", str(up.folder / "caddy.json")],
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
            text=True,
        )
    port = int(up.site.rpartition(":")[2])
    until(lambda: _listens(port))


def _listens(port: int) -> bool:
    with socket.socket() as knock:
        return knock.connect_ex(("127.0.0.1", port)) == 0


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])
