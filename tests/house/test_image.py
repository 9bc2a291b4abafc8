"""The Dockerfile: what it copies is enough to run, what it installs is locked, and who it is."""

import json
import os
import re
import shutil
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path

from service.settings import PREFIX, variables
from tests.compose import ROOT

TEXT = (ROOT / "Dockerfile").read_text()
LINES = re.sub(r"^#.*\n", "", TEXT, flags=re.MULTILINE).replace("\\\n", " ").splitlines()
FINAL = LINES[max(i for i, line in enumerate(LINES) if line.startswith("FROM ")) :]


def all_of(word: str, lines: list[str] = LINES) -> list[str]:
    return [line.removeprefix(word).strip() for line in lines if line.startswith(f"{word} ")]


def copied() -> list[str]:
    """What the first stage takes from the project."""
    words = [line.split() for line in all_of("COPY") if not line.startswith("--from")]
    return [name for *names, _to in words for name in names]


def test_both_stages_have_one_small_base_named_by_its_tag() -> None:
    bases = {line.removesuffix(" AS build") for line in all_of("FROM")}

    assert len(all_of("FROM")) == 2
    assert len(bases) == 1
    assert re.fullmatch(r"python:3\.\d+-slim-[a-z]+", bases.pop())


def test_nothing_is_installed_without_its_hash() -> None:
    installs = [
        part for line in all_of("RUN") for part in line.split("&&") if "pip install" in part
    ]

    assert len(installs) == 2
    assert all("--require-hashes" in words or "--no-index" in words for words in installs)


def test_it_runs_as_somebody_without_rights_and_writes_to_the_volume_only() -> None:
    [user] = all_of("USER", FINAL)
    uid, _, gid = user.partition(":")

    assert (int(uid), int(gid)) == (10001, 10001)
    assert f"--uid {uid} " in TEXT
    assert all_of("VOLUME") == ["/data"]
    assert "--chown" not in TEXT


def test_its_settings_are_settings() -> None:
    named = re.findall(rf"({PREFIX}\w+)=(\S+)", TEXT)

    assert {name for name, _value in named} <= {name for name, _field in variables()}
    assert dict(named)["EXHIBIT_DATA_DIR"] == "/data"


def test_the_builder_is_sent_what_is_copied_and_nothing_else() -> None:
    patterns = (ROOT / ".dockerignore").read_text().splitlines()
    sent = {line.removeprefix("!") for line in patterns if line.startswith("!")}

    assert "*" in patterns
    assert sent == set(copied())
    assert not any(fnmatch(name, ".env") or name in ("var", ".git") for name in sent)


def test_what_is_copied_runs_by_itself(tmp_path: Path) -> None:
    folder = tmp_path / "image"
    folder.mkdir()
    for name in copied():
        source = ROOT / name
        take = shutil.copytree if source.is_dir() else shutil.copyfile
        take(source, folder / name)
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(folder),
        "PYTHONDONTWRITEBYTECODE": "1",
        "EXHIBIT_DATA_DIR": str(tmp_path / "data"),
    }
    before = sorted(folder.rglob("*"))

    done = subprocess.run(
        [sys.executable, "-m", "service", "migrate"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("the database is at the newest migration\n")
    assert sorted(folder.rglob("*")) == before


def test_what_it_starts_is_a_command_of_ours() -> None:
    [entry], [command] = all_of("ENTRYPOINT"), all_of("CMD")

    assert json.loads(entry) == ["exhibit"]
    assert json.loads(command) == ["serve", "--with-worker"]
