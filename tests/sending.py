"""Sends submissions with files, as a candidate's program would."""

import json
from typing import Any

from starlette.testclient import TestClient

from tests.worlds import World


def send_with_files(
    client: TestClient, world: World, files: dict[str, bytes], **content: Any
) -> str:
    """All files belong to the first exhibit. What its sender takes for the submission's id."""
    whole = {"name": "Ken", "consent": True, "evidence": [{"claim": "I did it."}], **content}
    whole.setdefault("email", f"{whole['name'].lower()}@example.org")
    first, *others = whole["evidence"]
    whole["evidence"] = [{**first, "files": list(files)}, *others]
    sent = client.post(
        f"/api/v1/jobs/{world.job_slug}/submissions",
        data={"submission": json.dumps(whole)},
        files=[("files", (name, data)) for name, data in files.items()],
    )
    assert sent.status_code == 201, sent.text
    return str(sent.json()["id"])
