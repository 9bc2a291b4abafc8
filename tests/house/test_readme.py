"""The walk-through in the README does what it says, word for word."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

from tests.roof.processes import environment, started

ROOT = Path(__file__).parents[2]


def test_the_walk_through_works(tmp_path: Path) -> None:
    text = (ROOT / "README.md").read_text()
    blocks = re.findall(r"```bash\n(.*?)```", text, re.DOTALL)
    assert len(blocks) == 3
    binary = tmp_path / ".venv" / "bin" / "exhibit"
    binary.parent.mkdir(parents=True)
    binary.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m service "$@"\n')
    binary.chmod(0o755)
    bash = shutil.which("bash")
    assert bash
    with started(tmp_path, "run") as run:
        script = "\n".join(["set -euo pipefail", *blocks])
        told = {"ADDRESS": run.address, "TOKEN": run.said["token"], "PYTHONPATH": str(ROOT)}
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
    header, first = (tmp_path / "submissions.csv").read_text().splitlines()[:2]
    assert header.startswith("id,")
    assert walk.stdout.endswith(f"{header}\n{first}\n")
    assert '"stage":"review"' in walk.stdout or '"to":"review"' in walk.stdout
