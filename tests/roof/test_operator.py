"""What the operator's machines get to know, and who else does not."""

import pytest
from starlette.testclient import TestClient

from service.app import create_app
from service.core import outbox
from service.core.db import Database
from service.core.migrations import migrate
from service.domain.submissions.tables import Blob
from service.doors.tools import Tools
from tests.worlds import World


def local(tools: Tools) -> TestClient:
    return TestClient(create_app(tools), "http://localhost", client=("127.0.0.1", 5000))


def test_alive_and_nothing_more(client: TestClient) -> None:
    assert client.get("/health/live").json() == {"status": "alive"}


def test_ready_only_with_the_newest_tables(bare_tools: Tools) -> None:
    before = local(bare_tools).get("/health/ready")
    migrate(bare_tools.database)
    after = local(bare_tools).get("/health/ready")

    assert (before.status_code, before.json()["code"]) == (503, "not_ready")
    assert "exhibit migrate" in before.json()["detail"]
    assert before.headers["retry-after"]
    assert (after.status_code, after.json()) == (200, {"status": "ready"})


def test_not_ready_without_a_database(tools: Tools) -> None:
    gone = Database("postgresql://nobody@127.0.0.1:1/nothing")
    answer = local(Tools(tools.settings, gone, tools.blobs, tools.key)).get("/health/ready")

    assert answer.status_code == 503
    assert answer.json()["detail"] == "The database cannot be reached."


def test_figures_for_this_machine(tools: Tools, world: World) -> None:
    with tools.database.write() as session:
        session.add(Blob(sha256="0" * 64, size=321, refs=1))
        outbox.enqueue(session, "work")
    text = local(tools).get("/metrics").text

    assert "exhibit_submissions 2.0" in text
    assert "exhibit_files 1.0" in text
    assert "exhibit_files_bytes 321.0" in text
    assert "exhibit_outbox_waiting 1.0" in text
    assert "exhibit_outbox_given_up 0.0" in text
    assert world.admin.email not in text


def test_figures_count_answers_by_route(tools: Tools, world: World) -> None:
    here = local(tools)
    here.get("/health/live")
    text = here.get("/metrics").text

    assert 'exhibit_requests_total{method="GET",route="/health/live",status="200"} 1.0' in text


def test_figures_for_others_only_with_an_admins_token(client: TestClient, world: World) -> None:
    assert client.get("/metrics").status_code == 401
    assert client.get("/metrics", headers=world.recruiter.auth).status_code == 403
    assert client.get("/metrics", headers=world.admin.auth).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "jobs.example.com"},
        {"X-Forwarded-For": "10.0.0.1"},
        {"X-Forwarded-For": ""},
        {"X-Forwarded-Proto": "https"},
        {"X-Forwarded-Server": "here"},
        {"X-Real-IP": "127.0.0.1"},
        {"Forwarded": "for=127.0.0.1"},
        {"Via": "1.1 here"},
    ],
)
@pytest.mark.parametrize("is_told", [True, False])
def test_what_a_proxy_on_this_machine_passes_on_is_not_from_here(
    tools: Tools, headers: dict[str, str], is_told: bool
) -> None:
    """Whether `EXHIBIT_BEHIND_PROXY` says that there is one, or nobody thought of it."""
    hosts = ["jobs.example.com", "localhost"]
    settings = tools.settings.model_copy(update={"hosts": hosts, "behind_proxy": is_told})
    proxied = Tools(settings, tools.database, tools.blobs, tools.key)

    assert local(proxied).get("/metrics", headers=headers).status_code == 401
