"""What a file says is found soon after it came, whoever sent it; a broken one costs no more."""

import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import col, select
from starlette.testclient import TestClient

from service.core.db import Database
from service.core.outbox import Task, TaskState
from service.domain.submissions.tables import FileText, RevisionWords, SubmissionFile
from service.doors.tools import Tools
from service.worker.loop import run_once
from service.worker.nightly import schedule_nightly
from service.worker.texts import KIND
from tests.core import documents
from tests.listing import URL, names
from tests.sending import send_with_files
from tests.worker.steps import make_due
from tests.worlds import World

SECRET = "unutterable"


def shown(client: TestClient, world: World, id: str) -> dict[str, Any]:
    found = client.get(f"{URL}/{id}", headers=world.recruiter.auth)
    assert found.status_code == 200, found.text
    return {file["name"]: (file["text"], file["pages"]) for file in found.json()["files"]}


def read_tasks(database: Database) -> list[Task]:
    with database.read() as session:
        return list(session.exec(select(Task).where(Task.kind == KIND)).all())


def test_typed_words_are_found_at_once_and_those_of_files_when_they_are_read(
    client: TestClient, world: World, tools: Tools
) -> None:
    files = {
        "a.pdf": documents.pdf("A consensus protocol"),
        "b.docx": documents.word("Written in Zig"),
        "c.md": b"# Notes on `B-trees`",
        "d.ipynb": documents.notebook("import numpy"),
        "e.txt": "Ein Wörterbuch".encode(),
    }
    id = send_with_files(client, world, files, name="Leslie", evidence=[{"claim": "I proved it."}])

    assert names(client, world.recruiter, q="proved leslie") == ["Leslie"]
    assert names(client, world.recruiter, q="consensus") == []
    assert shown(client, world, id) == dict.fromkeys(files, ("waiting", None))

    run_once(tools)

    for query in ("consensus protocol", "zig", "b-trees", "numpy", "worterbuch", "zig numpy"):
        assert names(client, world.recruiter, q=query) == ["Leslie"]
    assert names(client, world.recruiter, q='"protocol written"') == []  # of two files
    assert shown(client, world, id) == {
        name: ("read", 1 if name == "a.pdf" else None) for name in files
    }


def test_a_broken_file_is_marked_and_costs_nothing_but_its_text(
    client: TestClient, world: World, tools: Tools
) -> None:
    files = {
        "broken.pdf": b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n",
        "locked.pdf": documents.locked_pdf(),
        "scan.pdf": documents.pdf(""),
        "picture.gif": b"GIF89a\x01\x00\x01\x00\x00\x00\x00;",
        "whole.txt": b"whole",
    }
    id = send_with_files(client, world, files)
    run_once(tools)

    assert shown(client, world, id) == {
        "broken.pdf": ("unreadable", None),
        "locked.pdf": ("encrypted", None),
        "scan.pdf": ("none", 1),
        "picture.gif": ("none", None),
        "whole.txt": ("read", None),
    }
    assert names(client, world.recruiter, q="whole did") == ["Ken"]
    file = client.get(f"{URL}/{id}", headers=world.recruiter.auth).json()["files"][0]
    assert client.get(file["url"], headers=world.recruiter.auth).content == files[file["name"]]


def test_a_content_is_read_once_whoever_sends_it(
    client: TestClient, world: World, tools: Tools
) -> None:
    for name in ("Ken", "Dennis"):
        send_with_files(client, world, {f"{name}.txt": b"portable"}, name=name)
    run_once(tools)
    send_with_files(client, world, {"brian.txt": b"portable"}, name="Brian")
    before = len(read_tasks(tools.database))
    run_once(tools)

    assert names(client, world.recruiter, q="portable", sort="name") == ["Brian", "Dennis", "Ken"]
    assert len(read_tasks(tools.database)) == before
    with tools.database.read() as session:
        assert len(session.exec(select(FileText)).all()) == 1


def test_what_waits_to_be_confirmed_is_found_when_it_is_and_what_it_replaced_no_longer(
    client: TestClient, world: World, tools: Tools
) -> None:
    id = send_with_files(
        client, world, {"new.txt": b"analytical"}, name="Ada", evidence=[{"claim": "Quite new."}]
    )
    run_once(tools)
    assert names(client, world.recruiter, q="quite") == []
    assert names(client, world.recruiter, q="analytical") == []

    revisions = client.get(f"{world.submission.url}/revisions", headers=world.recruiter.auth)
    assert revisions.json()["items"][-1]["id"] == id
    confirmed = client.post(
        f"{world.submission.url}/revisions/{id}/confirm",
        json={"reason": "She told me."},
        headers={**world.recruiter.auth, "If-Match": "*"},
    )
    assert confirmed.status_code == 200, confirmed.text
    assert names(client, world.recruiter, q="quite new") == ["Ada"]
    run_once(tools)

    assert names(client, world.recruiter, q="analytical") == ["Ada"]
    assert names(client, world.recruiter, q="compilers") == ["Grace"]


def test_bytes_that_are_gone_are_given_up_at_once(
    client: TestClient, world: World, tools: Tools
) -> None:
    id = send_with_files(client, world, {"lost.txt": b"lost"})
    with tools.database.read() as session:
        sha256 = session.exec(select(SubmissionFile.sha256)).one()
    tools.blobs.delete(sha256)
    run_once(tools)

    assert shown(client, world, id) == {"lost.txt": ("unreadable", None)}
    assert [task.state for task in read_tasks(tools.database)] == [TaskState.GIVEN_UP]


def test_what_nobody_asked_for_is_read_at_night(
    client: TestClient, world: World, tools: Tools
) -> None:
    """From before files were read, or put there by hand."""
    send_with_files(client, world, {"old.txt": b"ancient"}, evidence=[{"claim": "Of old."}])
    with tools.database.write() as session:
        for row in session.exec(select(Task)).all():
            session.delete(row)
        for file in session.exec(select(SubmissionFile)).all():
            file.created_at = file.created_at.replace(year=2025)
        for words in session.exec(select(RevisionWords)).all():
            session.delete(words)
    assert names(client, world.recruiter, q="old") == []

    schedule_nightly(tools.database)
    run_once(tools)

    assert names(client, world.recruiter, q="old ancient") == ["Ken"]
    assert sorted(names(client, world.recruiter, q="compilers")) == ["Ada", "Grace"]


def test_nothing_that_a_file_says_is_logged(
    client: TestClient, world: World, tools: Tools, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    send_with_files(
        client, world, {f"{SECRET}.txt": SECRET.encode(), "b.pdf": b"%PDF-1.7\n%%EOF\n"}
    )
    run_once(tools)
    logged = caplog.text

    assert names(client, world.recruiter, q=SECRET) == ["Ken"]
    assert "request" in logged
    assert SECRET not in logged


def test_a_text_goes_with_its_bytes_and_words_with_their_submission(
    client: TestClient, world: World, tools: Tools
) -> None:
    id = send_with_files(client, world, {"a.txt": b"gone soon"})
    run_once(tools)
    with tools.database.write() as session:
        connection = session.connection()
        connection.exec_driver_sql("DELETE FROM submission_file")
        connection.exec_driver_sql("DELETE FROM blob")
        assert session.exec(select(FileText)).all() == []
        mine = select(RevisionWords).where(col(RevisionWords.id) == UUID(id))
        assert session.exec(mine).one().words.endswith("gone soon")
        connection.exec_driver_sql(f"DELETE FROM submission WHERE id = '{_stored(tools, id)}'")
        assert session.exec(mine).all() == []
        if tools.database.is_sqlite:
            check = "INSERT INTO revision_words_index(revision_words_index) VALUES"
            connection.exec_driver_sql(f"{check} ('integrity-check')")

    assert names(client, world.recruiter, q="gone soon") == []


def _stored(tools: Tools, id: str) -> str:
    return UUID(id).hex if tools.database.is_sqlite else id


@pytest.mark.parametrize("moment", ["reading", "read"])
def test_a_worker_that_is_killed_while_it_reads_leaves_that_to_the_next(
    client: TestClient, world: World, tools: Tools, tmp_path: Path, moment: str
) -> None:
    send_with_files(client, world, {"a.txt": b"survivor"})
    program = [sys.executable, "-m", "tests.worker.dying_reader", str(tools.settings.data_dir)]
    url = tools.database.url.render_as_string(hide_password=False)
    root = Path(__file__).parents[2]
    died = subprocess.run([*program, url, moment], cwd=root, check=False)

    assert died.returncode == -9
    assert names(client, world.recruiter, q="survivor") == []
    make_due(tools.database)
    run_once(tools)
    assert names(client, world.recruiter, q="survivor") == ["Ken"]
    assert {task.state for task in read_tasks(tools.database)} == {TaskState.DONE}
