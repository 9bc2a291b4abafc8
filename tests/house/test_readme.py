"""The walk-through in the README does what it says, word for word."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import httpx2

from tests.roof.processes import environment, exhibit, started

ROOT = Path(__file__).parents[2]


ADA = ("--name", "Ada", "--email", "ada@example.org", "--password", "correct horse staple")


def test_the_walk_through_works_and_one_can_begin_after_it(tmp_path: Path) -> None:
    text = (ROOT / "README.md").read_text()
    blocks = re.findall(r"```bash\n(.*?)```", text, re.DOTALL)
    assert len(blocks) == 3
    binary = tmp_path / ".venv" / "bin" / "exhibit"
    binary.parent.mkdir(parents=True)
    binary.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m service "$@"\n')
    binary.chmod(0o755)
    bash = shutil.which("bash")
    assert bash
    aside = tmp_path / "aside"
    aside.mkdir()
    with started(tmp_path, "run") as run:
        before = set(tmp_path.iterdir())
        script = "\n".join(["set -euo pipefail", *blocks])
        told = {"ADDRESS": run.address, "TOKEN": run.said["token"], "PYTHONPATH": str(ROOT)}
        told["TMPDIR"] = str(aside)
        walk = subprocess.run(
            [bash, "-c", script],
            cwd=tmp_path,
            env=environment(tmp_path) | told,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    assert walk.returncode == 0, walk.stderr
    assert set(tmp_path.iterdir()) == before
    [csv] = aside.glob("*/submissions.csv")
    header, first = csv.read_text().splitlines()[:2]
    assert header.startswith("id,")
    assert walk.stdout.endswith(f"{header}\n{first}\n")
    assert '"stage":"review"' in walk.stdout or '"to":"review"' in walk.stdout
    begin(tmp_path)


def begin(folder: Path) -> None:
    """What the README says for afterwards."""
    removed = exhibit(folder, "demo", "--remove")
    begun = exhibit(folder, "init", *ADA)

    assert "closed, with 2 submissions from outside" in removed.stdout
    assert removed.stdout.endswith("next: `exhibit init` makes the first admin\n")
    assert begun.returncode == 0, begun.stderr
    with started(folder, "run") as run:
        assert run.said["sign-in"].startswith("ada@example.org ")
        auth = {"Authorization": f"Bearer {run.said['token']}"}
        with httpx2.Client(base_url=f"{run.address}/api/v1", timeout=60) as client:
            assert client.get("/jobs").json()["items"] == []
            [job] = client.get("/jobs", headers=auth).json()["items"]
            kept = client.get("/submissions", headers=auth, params={"job": job["slug"]}).json()
    assert job["state"] == "closed"
    assert sorted(one["name"] for one in kept["items"]) == ["Ida Moreau", "Ole Brandt"]
