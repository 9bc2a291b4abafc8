"""Forms are read with flat memory and leave nothing behind; nobody real is shut out."""

import asyncio
import tempfile
import tracemalloc
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import Request

from service.core.db import new_id
from service.core.errors import TooMany, Unavailable
from service.domain.jobs.tables import Question, QuestionKind
from service.domain.submissions.tables import Draft
from service.doors.forms import read_form
from service.doors.multipart import FilesTooLarge, TooManyFiles, read_multipart
from service.doors.part_headers import FormMalformed
from service.doors.submission_forms import content_of_form
from service.doors.submission_intake import admit, bound_files, invitation, is_invited
from service.doors.tools import Tools
from service.settings import MIB, Limits
from tests.worlds import World

KIND = "multipart/form-data; boundary=b"
HEAD = b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.txt"\r\n\r\n'
END = b"\r\n--b--\r\n"


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


async def body(size: int) -> AsyncIterator[bytes]:
    yield HEAD
    for _ in range(size // (64 * 1024)):
        yield b"x" * (64 * 1024)
    yield END


def test_memory_does_not_grow_with_the_file(temporary: Path) -> None:
    tracemalloc.start()
    fields, uploads = asyncio.run(read_multipart(KIND, body(24 * MIB), Limits()))
    _now, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert (fields, [upload.size for upload in uploads]) == ([], [24 * MIB])
    assert most < 4 * MIB
    uploads[0].file.close()
    assert list(temporary.iterdir()) == []


def test_a_lenient_reader_lets_a_file_pass_by_that_is_too_much(temporary: Path) -> None:
    field = b"\r\n--b\r\nContent-Disposition: form-data; name=name\r\n\r\nAda"
    small = b"\r\n" + HEAD.replace(b"a.txt", b"b.txt") + b"small"

    async def pieces() -> AsyncIterator[bytes]:
        yield HEAD
        for _ in range(40):
            yield b"x" * MIB
        yield small + field + END

    tracemalloc.start()
    fields, uploads = asyncio.run(read_multipart(KIND, pieces(), Limits(), lenient=True))
    _now, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert fields == [("name", "Ada")]
    assert [str(upload.fault or "") for upload in uploads] == [
        "The file “a.txt” is larger than the limit of 25 MiB.",
        "",
    ]
    assert [upload.file.read() for upload in uploads] == [b"", b"small"]
    assert most < 4 * MIB
    for upload in uploads:
        upload.file.close()
    assert list(temporary.iterdir()) == []


def test_a_client_that_leaves_leaves_nothing_behind(temporary: Path) -> None:
    messages: list[dict[str, Any]] = [
        {"type": "http.request", "body": HEAD + b"x" * MIB, "more_body": True},
        {"type": "http.disconnect"},
    ]

    async def receive() -> dict[str, Any]:
        return messages.pop(0)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/",
        "query_string": b"",
        "headers": [(b"content-type", KIND.encode())],
    }
    with pytest.raises(FormMalformed):
        asyncio.run(read_form(Request(scope, receive), Limits()))
    assert list(temporary.iterdir()) == []


def test_a_disk_without_room_is_said_to_be_out_of_reach(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "not there"))

    with pytest.raises(Unavailable):
        asyncio.run(read_multipart(KIND, body(MIB), Limits()))


@pytest.mark.parametrize("size", [1, 2, 3, 7, 61, 1000])
def test_the_pieces_a_body_comes_in_make_no_difference(temporary: Path, size: int) -> None:
    data = b"\r\n--\r\n-\r--b\n--b--\r\n\r\n"
    field = b"\r\n--b\r\nContent-Disposition: form-data; name=x\r\n\r\n\xc3\xa9"
    whole = HEAD + data + field + END

    async def pieces() -> AsyncIterator[bytes]:
        for at in range(0, len(whole), size):
            yield whole[at : at + size]

    fields, uploads = asyncio.run(read_multipart(KIND, pieces(), Limits()))
    assert fields == [("x", "é")]
    assert [upload.file.read() for upload in uploads] == [data]
    uploads[0].file.close()


def test_faults_lead_back_to_their_fields() -> None:
    read = content_of_form(
        [("evidence-2-claim", "x"), ("evidence-5-title", "y"), ("evidence-4-kind", "other")],
        ["evidence-5-files"],
        [Question(job_id=new_id(), key="a-b", text="?", kind=QuestionKind.SHORT, position=0)],
    )

    assert read.rows == [2, 5]
    assert read.content["evidence"][1] == {"title": "y", "files": ["evidence-5-files/0"]}
    assert [
        read.field_of(pointer)
        for pointer in (
            "/name",
            "/links/3",
            "/evidence",
            "/evidence/1/link",
            "/evidence/1/files/0",
            "/evidence/0/vouchers/1/name",
            "/answers/a-b",
            "",
        )
    ] == [
        "name",
        "links",
        "evidence",
        "evidence-5-link",
        "evidence-5-files",
        "evidence-2-vouchers-1-name",
        "answer-a-b",
        "",
    ]


def test_a_full_campus_is_not_shut_out(tools: Tools) -> None:
    limit = int(tools.settings.rates.submissions.partition("/")[0])
    for _ in range(limit):
        admit(tools, "192.0.2.1")
    with pytest.raises(TooMany):
        admit(tools, "192.0.2.1")

    admit(tools, "192.0.2.1", invited=True)
    admit(tools, "192.0.2.2")


def test_an_invitation_is_for_one_draft_and_one_address(tools: Tools, world: World) -> None:
    draft, other = (Draft(job_id=world.job_id, email="a@example.org") for _ in range(2))
    token = invitation(tools, draft)

    assert is_invited(tools, token, draft, "a@example.org")
    assert not is_invited(tools, token, draft, "b@example.org")
    assert not is_invited(tools, token, other, "a@example.org")
    assert not is_invited(tools, token[:-1], draft, "a@example.org")
    assert not is_invited(tools, "", draft, "a@example.org")
    assert not is_invited(tools, token, None, "a@example.org")


def test_staged_and_new_files_together_keep_the_limits(tools: Tools) -> None:
    bound_files(tools, [25 * MIB] * 4)
    with pytest.raises(FilesTooLarge):
        bound_files(tools, [25 * MIB] * 5)
    with pytest.raises(TooManyFiles):
        bound_files(tools, [1] * 21)
