"""Files come in bounded and clean, whatever the form looks like, and go out only to be saved."""

import hashlib
import json
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func
from sqlmodel import select
from starlette.testclient import TestClient

from service.core.db import Database
from service.core.outbox import EventRow
from service.domain.submissions.tables import (
    Access,
    Blob,
    Draft,
    Revision,
    RevisionState,
    Source,
    Submission,
    SubmissionFile,
)
from service.doors.tools import Tools
from tests.worlds import World

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
BOUNDARY = "----exhibit"
KIND = f"multipart/form-data; boundary={BOUNDARY}"
NAMES = {"name": "K", "email": "k@example.org", "consent": "yes", "claim": "I did it."}


def part(head: str | bytes, data: bytes = b"", *more: str) -> bytes:
    raw = head.encode() if isinstance(head, str) else head
    lines = [b"Content-Disposition: form-data; " + raw, *(line.encode() for line in more)]
    return b"--" + BOUNDARY.encode() + b"\r\n" + b"\r\n".join(lines) + b"\r\n\r\n" + data + b"\r\n"


FIELDS = b"".join(part(f'name="{name}"', value.encode()) for name, value in NAMES.items())
END = f"--{BOUNDARY}--\r\n".encode()


def a_file(disposition: str | bytes, data: bytes = PDF, *more: str) -> bytes:
    raw = disposition.encode() if isinstance(disposition, str) else disposition
    return FIELDS + part(b'name="files"; ' + raw, data, *more) + END


@pytest.fixture
def url(world: World) -> str:
    return f"/api/v1/jobs/{world.job_slug}/submissions"


@pytest.fixture(autouse=True)
def temporary_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where files wait on their way in; after every test there must be none."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    assert list(folder.iterdir()) == []


def kept(database: Database) -> list[int]:
    with database.read() as session:
        return [
            session.exec(select(func.count()).select_from(table)).one()
            for table in (Submission, Revision, SubmissionFile, Blob, EventRow, Draft)
        ]


def send(client: TestClient, url: str, raw: bytes, kind: str = KIND) -> Any:
    return client.post(url, content=raw, headers={"content-type": kind})


def code_of(answer: Any) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    return answer.status_code, answer.json()["code"]


# On the way in

NAMED: list[tuple[str | bytes, str]] = [
    ('filename="paper.pdf"', "paper.pdf"),
    ("filename=paper.pdf", "paper.pdf"),
    ('filename="Résumé €.pdf"', "Résumé €.pdf"),
    ("filename*=UTF-8''R%C3%A9sum%C3%A9.pdf", "Résumé.pdf"),
    ("filename=\"é.pdf\"; filename*=utf-8''%C3%A9.pdf", "é.pdf"),
    ('filename="../../etc/passwd.pdf"', "passwd.pdf"),
    (r'filename="C:\x\y.pdf"', "y.pdf"),
    ('filename="/abs.pdf"', "abs.pdf"),
    ('filename="a;b=c.pdf"', "a;b=c.pdf"),
    (r'filename="a\"b.pdf"', "a_b.pdf"),
    ('filename="a%22b.pdf"', "a_b.pdf"),
    ('filename="cv.PDF "', "cv.PDF"),
    ('filename="a\u202efdp.pdf"', "afdp.pdf"),
    ('filename="' + "x" * 300 + '.pdf"', "x" * 196 + ".pdf"),
]


@pytest.mark.parametrize(("disposition", "name"), NAMED, ids=range(len(NAMED)))
def test_a_file_is_shown_by_a_clean_name(
    client: TestClient, world: World, url: str, disposition: str | bytes, name: str
) -> None:
    answer = send(client, url, a_file(disposition))

    assert answer.status_code == 201, answer.text
    with world.database.read() as session:
        assert session.exec(select(SubmissionFile)).one().name == name


BROKEN: list[tuple[bytes, int]] = [
    (b"", 400),
    (b"garbage", 400),
    (FIELDS, 400),
    (a_file('filename="a.pdf"')[:-10], 400),
    (FIELDS + part('name="files"; filename="a.pdf"', PDF), 400),
    (a_file("filename=\"a.pdf\"; filename*=UTF-8''b.pdf"), 400),
    (a_file('filename="a.pdf"; filename="b.exe"'), 400),
    (a_file("filename*=UTF-8''a.pdf; filename*=UTF-8''b.pdf"), 400),
    (a_file("filename*=ISO-8859-1''a.pdf"), 400),
    (a_file('name="x"; filename="a.pdf"'), 400),
    (a_file('filename="a.pdf'), 400),
    (a_file('filename="' + "x" * 5000 + '.pdf"'), 400),
    (a_file('filename="a.pdf"', PDF, 'Content-Disposition: form-data; name="x"'), 400),
    (a_file('filename="a.pdf"', PDF, "Content-Transfer-Encoding: base64"), 400),
    (a_file('filename="a.pdf"', PDF, *[f"X-{n}: 1" for n in range(10_000)]), 400),
    (a_file('filename="a.pdf"', PDF, "X: " + "x" * 10_000), 400),
    (part('filename="a.pdf"', PDF) + END, 400),
    (part('name="' + "x" * 300 + '"', b"") + END, 400),
    (a_file(b'filename="a\xff.pdf"'), 422),
    (a_file(b"filename*=UTF-8''a%FF.pdf"), 422),
    (a_file(b'filename="a\xed\xa0\x80.pdf"'), 422),
    (part('name="name"', b"a\xff") + END, 422),
    (part(b'name="\xff"', b"a") + END, 422),
]


@pytest.mark.parametrize(("raw", "status"), BROKEN, ids=range(len(BROKEN)))
def test_a_form_with_more_than_one_meaning_or_none_is_refused(
    client: TestClient, world: World, url: str, raw: bytes, status: int
) -> None:
    before = kept(world.database)
    answer = send(client, url, raw)

    assert code_of(answer) == (status, {400: "malformed_form", 422: "form_not_utf8"}[status])
    assert kept(world.database) == before


@pytest.mark.parametrize(
    "kind",
    [
        "multipart/form-data",
        "multipart/form-data; boundary=",
        'multipart/form-data; boundary=""',
        "multipart/form-data; boundary=" + "x" * 300,
        "multipart/form-data; boundary=a; boundary=b",
        'multipart/form-data; boundary="a\u00e9"',
    ],
)
def test_a_form_needs_one_proper_boundary(client: TestClient, url: str, kind: str) -> None:
    headers = {b"content-type": kind.encode("latin-1")}
    answer = client.post(url, content=a_file('filename="a.pdf"'), headers=headers)

    assert code_of(answer) == (400, "malformed_form")


def test_an_empty_choice_of_file_is_no_file(client: TestClient, world: World, url: str) -> None:
    nothing = part('name="evidence-0-files"; filename=""', b"", "Content-Type: text/plain")

    assert send(client, url, FIELDS + nothing * 50 + END).status_code == 201
    with world.database.read() as session:
        assert session.exec(select(SubmissionFile)).all() == []


def many(count: int, make: Any) -> bytes:
    return b"".join(make(n) for n in range(count))


TOO_MUCH: list[tuple[bytes, str]] = [
    (
        FIELDS + many(21, lambda n: part(f'name="files"; filename="{n}.txt"', b"a")) + END,
        "too_many_files",
    ),
    (many(10_000, lambda n: part(f'name="f{n}"; filename="a.txt"', b"a")) + END, "too_many_files"),
    (many(301, lambda n: part(f'name="f{n}"', b"a")) + END, "too_many_fields"),
    (many(10_000, lambda n: part(f'name="f{n}"; filename=""', b"")) + END, "too_many_fields"),
    (part('name="statement"', b"x" * (1024 * 1024 + 1)) + END, "text_too_large"),
]


@pytest.mark.parametrize(("raw", "code"), TOO_MUCH, ids=range(len(TOO_MUCH)))
def test_more_than_the_limits_is_refused_at_once(
    client: TestClient, world: World, url: str, raw: bytes, code: str
) -> None:
    before, begin = kept(world.database), time.process_time()
    answer = send(client, url, raw)

    assert code_of(answer) == (413, code)
    assert time.process_time() - begin < 1
    assert kept(world.database) == before


def test_a_urlencoded_form_has_the_same_limits(client: TestClient, world: World, url: str) -> None:
    kind = "application/x-www-form-urlencoded"

    assert code_of(send(client, url, b"&".join([b"a=b"] * 1_000_000), kind)) == (
        413,
        "too_many_fields",
    )
    assert code_of(send(client, url, b"statement=" + b"x" * (1024 * 1024 + 1), kind)) == (
        413,
        "text_too_large",
    )
    for bad in (b"name=%FF", b"name=%ED%A0%80", b"name=\xff"):
        assert code_of(send(client, url, bad, kind)) == (422, "form_not_utf8")


def pieces(size: int, *, of: int = 64 * 1024) -> Iterator[bytes]:
    """A form whose file has `size` bytes, without saying how long it is."""
    yield FIELDS + part('name="files"; filename="long.txt"')[:-2]
    for _ in range(size // of):
        yield b"x" * of
    yield b"\r\n" + END


def test_a_file_over_the_limit_is_named_while_it_streams(
    client: TestClient, world: World, url: str, tools: Tools
) -> None:
    limit = tools.settings.limits.file_bytes
    before = kept(world.database)
    fits = client.post(url, content=pieces(limit), headers={"content-type": KIND})
    too_large = client.post(url, content=pieces(limit + 64 * 1024), headers={"content-type": KIND})

    assert fits.status_code == 201, fits.text
    assert code_of(too_large) == (413, "file_too_large")
    assert "long.txt" in too_large.json()["detail"]
    assert kept(world.database)[0] == before[0] + 1
    assert list((Path(tools.blobs.place) / "incoming").iterdir()) == []


def test_two_json_files_of_one_name_are_refused(client: TestClient, url: str) -> None:
    sent = {
        "name": "K",
        "email": "k@example.org",
        "consent": True,
        "evidence": [{"title": "x", "files": ["a.txt"]}],
    }
    answer = client.post(
        url,
        data={"submission": json.dumps(sent)},
        files=[("files", ("a.txt", b"1")), ("files", ("a.txt", b"2"))],
    )

    assert code_of(answer) == (422, "submission_invalid")
    assert answer.json()["errors"][0]["detail"] == "File 2 has the name of another one. Rename it."


REFUSED = [
    ("page.pdf", b"<html><script>alert(1)</script></html>", "file_type_refused"),
    ("cv.pdf.exe", b"MZ\x90\x00", "file_type_refused"),
    ("page.html", b"<html>", "file_type_refused"),
    ("picture.svg", b"<svg/>", "file_type_refused"),
    ("cv.docx", b"PK\x03\x04 not a document", "file_type_refused"),
    ("empty.txt", b"", "file_empty"),
]


@pytest.mark.parametrize(("name", "data", "code"), REFUSED)
def test_a_type_that_is_not_taken_keeps_the_whole_submission_out(
    client: TestClient, world: World, url: str, name: str, data: bytes, code: str
) -> None:
    before = kept(world.database)
    answer = client.post(
        url, data=NAMES, files=[("files", ("fine.pdf", PDF)), ("files", (name, data))]
    )

    assert code_of(answer) == (422, code)
    assert name in answer.json()["detail"]
    assert kept(world.database) == before


# On the way out

BYTES = bytes(range(256)) * 8192  # 2 MiB: more than one piece
SHA = hashlib.sha256(BYTES).hexdigest()


@pytest.fixture
def file_url(world: World, tools: Tools) -> str:
    """A file of the first submission, in the store and in a row."""
    with tempfile.TemporaryFile() as file:
        file.write(BYTES)
        file.seek(0)
        tools.blobs.put(file, limit=len(BYTES))
    with world.database.write() as session:
        session.add(Blob(sha256=SHA, size=len(BYTES), refs=1))
        session.flush()
        row = SubmissionFile(
            revision_id=world.submission.revision_id,
            evidence_number=1,
            name='Plan "B" €;\u65e5.zip',
            media_type="application/zip",
            size=len(BYTES),
            sha256=SHA,
        )
        session.add(row)
        return f"{world.submission.url}/files/{row.id}"


def test_a_file_comes_back_as_it_was_and_is_only_for_saving(
    client: TestClient, world: World, file_url: str
) -> None:
    answer = client.get(file_url, headers=world.recruiter.auth)

    assert answer.status_code == 200
    assert answer.content == BYTES
    headers = answer.headers
    assert headers["content-disposition"].startswith("attachment; filename=")
    assert "\u65e5" not in headers["content-disposition"]
    assert headers["content-type"] == "application/zip"
    assert headers["etag"] == f'"{SHA}"'
    assert headers["cache-control"] == "private, no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in headers["content-security-policy"]
    assert headers["content-length"] == str(len(BYTES))


def test_head_says_the_same_without_the_bytes(
    client: TestClient, world: World, file_url: str
) -> None:
    whole = client.get(file_url, headers=world.recruiter.auth)
    head = client.head(file_url, headers=world.recruiter.auth)

    ignored = {"date", "x-request-id"}
    assert head.content == b""
    assert {k: v for k, v in head.headers.items() if k not in ignored} == {
        k: v for k, v in whole.headers.items() if k not in ignored
    }


SIZE = len(BYTES)
RANGES = [
    ("bytes=0-9", 206, (0, 10)),
    ("bytes=10-", 206, (10, SIZE)),
    ("bytes=-5", 206, (SIZE - 5, SIZE)),
    (f"bytes=-{SIZE * 2}", 206, (0, SIZE)),
    (f"bytes=0-{SIZE * 2}", 206, (0, SIZE)),
    (f"bytes={SIZE}-", 416, None),
    ("bytes=-0", 416, None),
    ("bytes=5-2", 200, (0, SIZE)),
    ("bytes=-", 200, (0, SIZE)),
    ("bytes=a-b", 200, (0, SIZE)),
    ("lines=0-9", 200, (0, SIZE)),
    ("bytes=0-1,3-4", 200, (0, SIZE)),
    ("bytes=" + ",".join(["0-0"] * 2000), 200, (0, SIZE)),
    ("bytes=" + "9" * 500 + "-", 200, (0, SIZE)),
]


@pytest.mark.parametrize(("asked", "status", "stretch"), RANGES, ids=range(len(RANGES)))
def test_one_range_may_be_asked_for(
    client: TestClient,
    world: World,
    file_url: str,
    asked: str,
    status: int,
    stretch: tuple[int, int] | None,
) -> None:
    answer = client.get(file_url, headers={**world.recruiter.auth, "Range": asked})

    assert answer.status_code == status
    if stretch is None:
        assert answer.headers["content-range"] == f"bytes */{SIZE}"
        return
    start, end = stretch
    assert answer.content == BYTES[start:end]
    shown = f"bytes {start}-{end - 1}/{SIZE}" if status == 206 else None
    assert answer.headers.get("content-range") == shown


def test_a_range_of_other_bytes_is_the_whole_file(
    client: TestClient, world: World, file_url: str
) -> None:
    auth = world.recruiter.auth
    asked = {**auth, "Range": "bytes=0-9"}
    other = client.get(file_url, headers={**asked, "If-Range": '"other"'})
    same = client.get(file_url, headers={**asked, "If-Range": f'"{SHA}"'})
    known = client.get(file_url, headers={**auth, "If-None-Match": f'"{SHA}"'})

    assert (other.status_code, same.status_code, known.status_code) == (200, 206, 304)


def test_a_file_is_for_those_who_may_see_its_submission(
    client: TestClient, world: World, file_url: str
) -> None:
    other = file_url.replace(str(world.submission.id), str(world.submission2.id))
    unknown = f"{world.submission.url}/files/{uuid4()}"
    people = (world.reviewer, world.outsider, world.other_recruiter)

    for method in ("GET", "HEAD"):
        assert client.request(method, file_url).status_code == 401
        for person in people:
            assert client.request(method, file_url, headers=person.auth).status_code == 404
        for path in (other, unknown):
            refused = client.request(method, path, headers=world.recruiter.auth)
            assert refused.status_code == 404
    assert client.get(f"{file_url}?x=1", headers=world.recruiter.auth).status_code == 422


def test_bytes_that_are_gone_are_not_found(
    client: TestClient, world: World, file_url: str, tools: Tools
) -> None:
    tools.blobs.delete(SHA)

    for method in ("GET", "HEAD"):
        answer = client.request(method, file_url, headers=world.recruiter.auth)
        assert answer.status_code == 404


# The record


def assign(world: World) -> None:
    with world.database.write() as session:
        session.add(
            Access(
                submission_id=world.submission.id,
                user_id=world.reviewer.id,
                assigned=True,
                changed_at=session.get_one(Submission, world.submission.id).created_at,
            )
        )


def test_the_record_is_whole_and_has_a_version(
    client: TestClient, world: World, file_url: str
) -> None:
    assign(world)
    for person in (world.recruiter, world.admin, world.reviewer):
        answer = client.get(world.submission.url, headers=person.auth)
        assert (answer.status_code, answer.headers["etag"]) == (200, '"1"')
    record = answer.json()

    assert (record["id"], record["version"]) == (str(world.submission.id), 1)
    assert record["job"]["slug"] == "engineer"
    assert record["stage"] == {"key": "new", "name": "New"}
    assert record["candidate"]["name"] == "Ada"
    assert (record["decision"], record["revision"], record["state"]) == (None, 1, "confirmed")
    assert record["statement"] == "I made compilers."
    assert record["answers"] == [
        {"key": "wrong", "question": "When?", "kind": "long", "value": "Often."}
    ]
    assert [(e["number"], e["title"]) for e in record["evidence"]] == [(1, "A compiler")]
    assert record["evidence"][0]["files"][0]["url"] == file_url
    assert record["unconfirmed"] is None
    for person in (world.outsider, world.other_recruiter, world.reviewer2):
        assert client.get(world.submission.url, headers=person.auth).status_code == 404
    assert client.get(world.submission.url).status_code == 401


def waiting(world: World) -> str:
    with world.database.write() as session:
        revision = Revision(
            submission_id=world.submission.id,
            state=RevisionState.UNCONFIRMED,
            source=Source.FORM,
            name="Ada L.",
            email="ada@example.org",
        )
        session.get_one(Submission, world.submission.id).waiting = 1
        session.add(revision)
        return f"{world.submission.url}/revisions/{revision.id}"


def test_a_waiting_revision_is_confirmed_by_hand_once(client: TestClient, world: World) -> None:
    url = waiting(world)
    assign(world)
    listed = f"{world.submission.url}/revisions"
    states = [
        [item["state"] for item in client.get(listed, headers=person.auth).json()["items"]]
        for person in (world.recruiter, world.reviewer)
    ]
    assert states == [["confirmed", "unconfirmed"], ["confirmed"]]
    counts = [
        client.get(world.submission.url, headers=person.auth).json()["unconfirmed"]
        for person in (world.admin, world.recruiter, world.reviewer)
    ]
    assert counts == [1, 1, None]
    assert client.get(url, headers=world.recruiter.auth).json()["name"] == "Ada L."
    assert client.get(url, headers=world.reviewer.auth).status_code == 404

    def confirm(person: Any, etag: str | None, reason: str = "She rang.") -> Any:
        headers = {**person.auth, **({"If-Match": etag} if etag else {})}
        return client.post(f"{url}/confirm", json={"reason": reason}, headers=headers)

    version = client.get(world.submission.url, headers=world.recruiter.auth).headers["etag"]
    assert confirm(world.reviewer, version).status_code == 403
    assert confirm(world.outsider, version).status_code == 404
    assert confirm(world.recruiter, None).status_code == 428
    assert confirm(world.recruiter, '"99"').status_code == 412
    assert confirm(world.recruiter, version, "\u200b").status_code == 422
    done = confirm(world.recruiter, version)
    assert (done.status_code, done.json()["number"], done.json()["state"]) == (200, 2, "confirmed")
    assert confirm(world.recruiter, version).status_code == 412
    assert code_of(confirm(world.recruiter, done.headers["etag"])) == (409, "revision_settled")

    newest = client.get(world.submission.url, headers=world.recruiter.auth)
    assert newest.headers["etag"] == done.headers["etag"]
    assert (newest.json()["revision"], newest.json()["unconfirmed"]) == (2, 0)
    first = client.get(f"{world.submission.url}?revision=1", headers=world.recruiter.auth)
    assert first.json()["evidence"][0]["title"] == "A compiler"
    for wrong, status in (("3", 404), ("0", 422), ("x", 422), (str(2**63), 422)):
        path = f"{world.submission.url}?revision={wrong}"
        assert client.get(path, headers=world.recruiter.auth).status_code == status


def test_many_send_at_once_and_nobody_is_lost(client: TestClient, world: World, url: str) -> None:
    statuses: list[int] = []

    def one(number: int) -> None:
        fields = {**NAMES, "email": f"k{number % 4}@example.org"}
        answer = client.post(url, data=fields, files={"files": ("same.txt", b"the same bytes")})
        statuses.append(answer.status_code)

    threads = [threading.Thread(target=one, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert statuses == [201] * 12
    with world.database.read() as session:
        assert session.exec(select(Blob.refs)).one() == 12
        assert len(session.exec(select(Submission)).all()) == 2 + 4
        assert len(session.exec(select(Revision)).all()) == 2 + 12
