"""The unit files and the Caddyfile: read by the very programs they are for, where these are."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from service.settings import PREFIX, variables
from tests.compose import ROOT

UNITS = sorted((ROOT / "deploy").glob("*.service"))
CADDYFILE = ROOT / "deploy" / "Caddyfile"
HARDENED = {
    "User=exhibit",
    "NoNewPrivileges=yes",
    "ProtectSystem=strict",
    "ProtectHome=yes",
    "PrivateTmp=yes",
    "PrivateDevices=yes",
    "CapabilityBoundingSet=",
    "RestrictSUIDSGID=yes",
    "SystemCallFilter=@system-service",
    "StateDirectory=exhibit",
    "MemoryMax=2G",
}
COMMAND = re.compile(r"^Exec\w+=/opt/exhibit/\.venv/bin/exhibit (.+)$", re.MULTILINE)
MOST_EXPOSED = 2.0  # of 10, as systemd counts


@pytest.fixture(params=UNITS, ids=lambda path: path.name)
def unit(request: pytest.FixtureRequest) -> str:
    path: Path = request.param
    return path.read_text()


def test_there_is_a_unit_for_each_way_to_run_it() -> None:
    commands = {path.name: COMMAND.findall(path.read_text()) for path in UNITS}

    assert commands == {
        "exhibit-server@.service": ["migrate", "serve"],
        "exhibit-worker@.service": ["migrate", "worker"],
        "exhibit.service": ["migrate", "serve --with-worker"],
    }


def test_a_unit_may_do_no_more_than_it_must(unit: str) -> None:
    assert set(unit.splitlines()) >= HARDENED


def test_a_unit_names_no_setting_that_is_not_there(unit: str) -> None:
    assert set(re.findall(rf"{PREFIX}\w+", unit)) <= {name for name, _field in variables()}


def test_systemd_reads_the_units_and_finds_nothing_wrong(tmp_path: Path) -> None:
    systemd = shutil.which("systemd-analyze")
    copies = [_copy(path, tmp_path) for path in UNITS]
    for words in (
        ["verify"],
        ["security", "--offline=yes", f"--threshold={MOST_EXPOSED * 10:.0f}"],
    ):
        if systemd:
            done = _run([systemd, "--man=no", *words, *copies])
            assert done.returncode == 0, done.stdout + done.stderr


def _copy(path: Path, folder: Path) -> str:
    """The unit as one instance of it, with a program that is there on this machine."""
    text = path.read_text().replace("/opt/exhibit/.venv/bin/exhibit", "/bin/true")
    copy = folder / path.name.replace("@", "@8001")
    copy.write_text(text.replace("/opt/exhibit", "/tmp"))
    return str(copy)


@pytest.mark.parametrize("address", ["https://hiring.example.com", "http://localhost:8080"])
def test_caddy_reads_its_file(address: str, tmp_path: Path) -> None:
    text = CADDYFILE.read_text()
    upstreams = "127.0.0.1:8001 127.0.0.1:8002"

    assert re.findall(r"\{\$(\w+)", text) == ["SITE_ADDRESS", "UPSTREAMS"]
    if caddy := shutil.which("caddy"):
        places = {name: str(tmp_path) for name in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME")}
        said = {**os.environ, **places, "SITE_ADDRESS": address, "UPSTREAMS": upstreams}
        words = ["validate", "--adapter", "caddyfile", "--config", str(CADDYFILE)]
        done = _run([caddy, *words], said)
        assert done.returncode == 0, done.stderr
        assert '"level":"warn"' not in done.stderr


def _run(
    words: list[str], environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
