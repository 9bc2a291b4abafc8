"""Anyone may send a submission, as JSON or as a form; what is wrong is named, nothing kept."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, true
from sqlmodel import Session, col, select
from starlette.testclient import TestClient

from service.core.db import Row
from service.core.errors import TooMany
from service.core.outbox import EventRow, Task
from service.domain.candidates.tables import Candidate, Consent
from service.domain.jobs.tables import Job, JobState, Question, QuestionKind
from service.domain.submissions.tables import (
    Blob,
    Evidence,
    Revision,
    RevisionState,
    Submission,
    SubmissionFile,
)
from service.doors.networks import KNOCKS
from service.doors.tools import Tools
from tests.worlds import World

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
TABLES: list[type[Row]] = [
    Candidate,
    Consent,
    Submission,
    Revision,
    Evidence,
    SubmissionFile,
    Blob,
    EventRow,
    Task,
]


def body(**changes: Any) -> dict[str, Any]:
    return {
        "name": "Karen Spärck Jones",
        "email": "karen@example.org",
        "consent": True,
        "evidence": [{"title": "Inverse document frequency"}],
        **changes,
    }


@pytest.fixture
def url(world: World) -> str:
    return f"/api/v1/jobs/{world.job_slug}/submissions"


def counts(world: World) -> dict[str, int]:
    """How many rows there are; bytes that were announced and nobody took are none."""
    with world.database.read() as session:
        return {
            table.__name__: session.exec(
                select(func.count())
                .select_from(table)
                .where(col(Blob.refs) > 0 if table is Blob else true())
            ).one()
            for table in TABLES
        }


def get_sent(session: Session, answer: dict[str, Any]) -> Revision:
    return session.get_one(Revision, UUID(answer["id"]))


def test_a_submission_as_json_is_taken_and_has_a_receipt(
    client: TestClient, world: World, url: str, tools: Tools
) -> None:
    answer = client.post(url, json=body(answers={"wrong": "In 1972."}))

    assert answer.status_code == 201, answer.text
    told = answer.json()
    assert set(told) == {"id", "status_url"}
    token = told["status_url"].removeprefix(f"{tools.settings.site}/receipts/")
    assert answer.headers["location"] == f"/api/v1/receipts/{token}"
    receipt = client.get(answer.headers["location"]).json()
    assert receipt | {"received_at": ""} == {
        "id": told["id"],
        "job": "Software Engineer",
        "received_at": "",
        "files": [],
    }
    with world.database.read() as session:
        sent = get_sent(session, told)
        assert (sent.name, sent.state, sent.number) == (
            "Karen Spärck Jones",
            RevisionState.CONFIRMED,
            1,
        )
        assert sent.answers[0]["value"] == "In 1972."


def test_known_and_unknown_addresses_get_the_same_answer(
    client: TestClient, world: World, url: str
) -> None:
    known = client.post(url, json=body(email="ADA@example.org"))
    unknown = client.post(url, json=body(email="bda@example.org"))

    def face(answer: Any) -> tuple[object, ...]:
        told = answer.json()
        headers = sorted(set(answer.headers) - {"date"})
        return answer.status_code, sorted(told), len(answer.content), headers

    assert face(known) == face(unknown)
    with world.database.read() as session:
        assert get_sent(session, known.json()).submission_id == world.submission.id
        assert get_sent(session, known.json()).state == RevisionState.UNCONFIRMED


def test_a_receipt_of_something_else_is_not_found(client: TestClient) -> None:
    assert client.get("/api/v1/receipts/guessed").status_code == 404


def test_json_with_files_beside_it(client: TestClient, world: World, url: str) -> None:
    sent = body(evidence=[{"title": "Paper", "files": ["paper.pdf", "Anhänge/note.txt"]}])
    answer = client.post(
        url,
        data={"submission": json.dumps(sent)},
        files=[
            ("files", ("paper.pdf", PDF, "text/html")),
            ("files", ("Anhänge/note.txt", b"words", "application/x-msdownload")),
        ],
    )

    assert answer.status_code == 201, answer.text
    with world.database.read() as session:
        files = session.exec(select(SubmissionFile).order_by(col(SubmissionFile.position))).all()
        assert [(f.name, f.media_type, f.evidence_number) for f in files] == [
            ("paper.pdf", "application/pdf", 1),
            ("note.txt", "text/plain", 1),
        ]
    receipt = client.get(answer.headers["location"]).json()
    assert receipt["files"] == [
        {"name": "paper.pdf", "size": len(PDF)},
        {"name": "note.txt", "size": 5},
    ]


def add_questions(world: World) -> None:
    kinds = {
        "years": QuestionKind.NUMBER,
        "start": QuestionKind.DATE,
        "onsite": QuestionKind.YES_NO,
        "langs": QuestionKind.MULTI_CHOICE,
        "team": QuestionKind.CHOICE,
        "cv": QuestionKind.FILE,
    }
    with world.database.write() as session:
        for position, (key, kind) in enumerate(kinds.items(), 1):
            question = Question(
                job_id=world.job_id,
                key=key,
                text=key,
                kind=kind,
                options=["a", "b", "c"],
                required=True,
                position=position,
            )
            session.add(question)


def test_plain_fields_with_files_and_answers_of_every_kind(
    client: TestClient, world: World, url: str
) -> None:
    add_questions(world)
    answer = client.post(
        url,
        data={
            "name": "Karen",
            "email": "karen@example.org",
            "consent": "on",
            "links": "https://example.org/a\r\n\r\nhttps://example.org/b\r\n",
            "evidence-0-title": "One",
            "evidence-0-kind": "research",
            "evidence-0-vouchers-0-name": "Somebody",
            "evidence-0-vouchers-1-name": "",
            "evidence-1-kind": "other",
            "evidence-1-title": "",
            "evidence-3-claim": "Three",
            "evidence-3-started": "2020-01",
            "answer-years": "7",
            "answer-start": "2026-12-01",
            "answer-onsite": "no",
            "answer-langs": ["c", "a"],
            "answer-team": "b",
        },
        files=[
            ("evidence-3-files", ("image.pdf", PDF)),
            ("evidence-3-files", ("image.pdf", PDF + b"\n")),
            ("answer-cv", ("cv.pdf", PDF)),
        ],
    )

    assert answer.status_code == 201, answer.text
    with world.database.read() as session:
        sent = get_sent(session, answer.json())
        evidence = session.exec(
            select(Evidence).where(Evidence.revision_id == sent.id).order_by(col(Evidence.number))
        ).all()
        files = session.exec(select(SubmissionFile).order_by(col(SubmissionFile.position))).all()
        assert sent.links == ["https://example.org/a", "https://example.org/b"]
        assert [(e.number, e.title, e.claim) for e in evidence] == [
            (1, "One", ""),
            (2, "", "Three"),
        ]
        assert evidence[0].vouchers == [{"name": "Somebody", "contact": ""}]
        assert {answer["key"]: answer["value"] for answer in sent.answers} == {
            "years": 7,
            "start": "2026-12-01",
            "onsite": False,
            "langs": ["a", "c"],
            "team": "b",
            "cv": "cv.pdf",
        }
        assert [(f.name, f.evidence_number, f.question_key) for f in files] == [
            ("image.pdf", 2, None),
            ("image.pdf", 2, None),
            ("cv.pdf", None, "cv"),
        ]


def test_one_exhibit_needs_no_numbers(client: TestClient, url: str) -> None:
    fields = {"name": "K", "email": "k@example.org", "consent": "yes", "claim": "I did it."}

    assert client.post(url, data=fields).status_code == 201
    assert client.post(url, data=fields, files={"files": ("a.txt", b"a")}).status_code == 201


def test_the_trap_answers_the_same_and_keeps_nothing(
    client: TestClient, world: World, url: str
) -> None:
    before = counts(world)
    fields = {"name": "K", "email": "k@example.org", "consent": "yes", "claim": "I did it."}
    answer = client.post(url, data={**fields, "leave_empty": "http://spam.example"})

    assert (answer.status_code, set(answer.json())) == (201, {"id", "status_url"})
    assert counts(world) == before


@pytest.mark.parametrize(("state", "status"), [(JobState.DRAFT, 404), (JobState.CLOSED, 409)])
def test_jobs_that_are_not_open_take_nothing(
    client: TestClient, world: World, url: str, state: JobState, status: int
) -> None:
    with world.database.write() as session:
        session.get_one(Job, world.job_id).state = state
    before = counts(world)
    answer = client.post(url, json=body())

    assert (answer.status_code, answer.json()["code"]) == (
        status,
        {404: "not_found", 409: "job_closed"}[status],
    )
    assert counts(world) == before


def test_after_the_closing_time_a_job_takes_nothing(
    client: TestClient, world: World, url: str
) -> None:
    with world.database.write() as session:
        job = session.get_one(Job, world.job_id)
        job.closes_at = job.created_at

    assert client.post(url, json=body()).json()["code"] == "job_closed"
    assert client.post(url.replace("engineer", "unknown"), json=body()).status_code == 404


def problem(answer: Any) -> tuple[int, str, list[str]]:
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    told = answer.json()
    assert told["status"] == answer.status_code
    return told["status"], told["code"], [error["pointer"] for error in told["errors"]]


def test_every_fault_says_where_it_is(client: TestClient, world: World, url: str) -> None:
    before = counts(world)
    wrong = body(
        name="A\x00B",
        consent=False,
        evidence=[{"title": "x", "link": "javascript:alert(1)"}, {"title": "y", "kind": "z"}],
        extra=1,
    )
    status, code, pointers = problem(client.post(url, json=wrong))

    assert (status, code) == (422, "submission_invalid")
    assert sorted(pointers) == [
        "/consent",
        "/evidence/0/link",
        "/evidence/1/kind",
        "/extra",
        "/name",
    ]
    assert counts(world) == before


def test_answers_and_files_that_do_not_fit_are_named(
    client: TestClient, world: World, url: str
) -> None:
    before = counts(world)
    sent = body(evidence=[{"title": "x", "files": ["a.pdf"]}], answers={"other": "x"})
    answer = client.post(
        url, data={"submission": json.dumps(sent)}, files={"files": ("b.pdf", PDF)}
    )

    assert problem(answer) == (
        422,
        "submission_invalid",
        ["/answers/other", "/files", "/evidence/0/files/0"],
    )
    assert counts(world) == before


RAW_JSON = [
    (b'{"name": "\\ud800"}', 422),
    (b'{"name": 1e999}', 400),
    (b'{"name": NaN}', 400),
    (b'{"name": "a", "name": "b"}', 400),
    (b"[" * 100_000, 400),
    (b'{"name": ' + b"[" * 31 + b"]" * 31 + b"}", 422),
    (b'{"a": 1', 400),
    (b"\xff\xfe{\x00}\x00", 400),
    (b"\xef\xbb\xbf{}", 400),
    (b'{"name": "\xff"}', 400),
    (b"null", 422),
    (b"[]", 422),
    (b"", 400),
    (b'{"answers": {"\\u0000": 1}}', 422),
    (b'{"answers": {"wrong": 9223372036854775808}}', 400),
    (b'{"' + b"a" * 5000 + b'": 1}', 422),
    (b'{"name": "' + b"a" * 1_100_000 + b'"}', 413),
]


@pytest.mark.parametrize(("raw", "status"), RAW_JSON, ids=range(len(RAW_JSON)))
def test_json_that_is_not_meant_as_json_is_refused(
    client: TestClient, world: World, url: str, raw: bytes, status: int
) -> None:
    before = counts(world)
    answer = client.post(url, content=raw, headers={"content-type": "application/json"})

    assert problem(answer)[0] == status
    assert len(answer.content) < 4000
    assert counts(world) == before


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", ""])
def test_other_media_types_are_refused(client: TestClient, url: str, kind: str) -> None:
    answer = client.post(url, content=json.dumps(body()), headers={"content-type": kind})

    assert problem(answer)[:2] == (415, "unsupported_media_type")


def test_packed_bodies_are_refused(client: TestClient, url: str) -> None:
    headers = {"content-type": "application/json", "content-encoding": "gzip"}

    assert problem(client.post(url, content=b"\x1f\x8b", headers=headers))[0] == 415


def test_a_repeat_with_the_same_key_has_no_second_effect(
    client: TestClient, world: World, url: str
) -> None:
    headers = {"Idempotency-Key": "one"}
    first = client.post(url, json=body(), headers=headers)
    after = counts(world)
    again = client.post(url, json=body(), headers=headers)
    other = client.post(url, json=body(name="Other"), headers=headers)

    assert (again.status_code, again.json()) == (201, first.json())
    assert problem(other)[:2] == (422, "idempotency_key_reused")
    assert counts(world) == after


def test_a_form_carries_its_key_and_is_the_same_with_another_boundary(
    client: TestClient, world: World, url: str
) -> None:
    fields = {"name": "K", "email": "k@example.org", "consent": "yes", "claim": "I did it."}
    fields["idempotency_key"] = "a hidden one"
    answers = [
        client.post(
            url,
            data=fields,
            files={"files": ("a.txt", b"a")},
            headers={"content-type": f"multipart/form-data; boundary={boundary}"},
        )
        for boundary in ("first", "second")
    ]
    other = client.post(url, data=fields, files={"files": ("a.txt", b"b")})

    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert problem(other)[1] == "idempotency_key_reused"


def test_fields_that_nobody_asked_for_are_refused(client: TestClient, url: str) -> None:
    fields = {"name": "K", "email": "k@example.org", "consent": "yes", "claim": "x"}
    answer = client.post(url, data={**fields, "converted": "on", "evidence-0-number": "7"})

    assert problem(answer) == (422, "submission_invalid", ["/converted", "/evidence-0-number"])


def test_a_field_given_twice_is_refused(client: TestClient, url: str) -> None:
    fields = {"name": ["K", "L"], "email": "k@example.org", "consent": "yes", "claim": "x"}

    assert problem(client.post(url, data=fields))[2] == ["/name"]


def test_honest_engineering_text_is_kept_as_it_is(
    client: TestClient, world: World, url: str
) -> None:
    text = "config = load(); <T> & 'SELECT * FROM x' \u2014 =HYPERLINK(1) {{7*7}} 👩‍👩‍👧 𠮷\n\ttab"
    answer = client.post(url, json=body(statement=text))

    assert answer.status_code == 201
    with world.database.read() as session:
        assert get_sent(session, answer.json()).statement == text


def test_too_many_from_one_address_are_told_when_to_come_back(
    client: TestClient, url: str, tools: Tools
) -> None:
    limit = tools.settings.rates.submissions
    for _ in range(int(limit.partition("/")[0]) - 1):
        tools.rates.hit(limit, "submission from", "testclient")
    first, second = (client.post(url, json=body()) for _ in range(2))

    assert first.status_code == 201
    assert problem(second)[:2] == (429, "too_many_requests")
    assert int(second.headers["retry-after"]) > 0


def test_an_address_is_shut_out_by_nobody_who_sends_with_it(
    client: TestClient, url: str, tools: Tools
) -> None:
    most = int(tools.settings.rates.per_email.partition("/")[0])

    assert {client.post(url, json=body()).status_code for _ in range(most + 2)} == {201}


def test_what_comes_too_often_is_refused_before_it_is_read(
    client: TestClient, world: World, url: str, tools: Tools
) -> None:
    read = []

    def pieces() -> Iterator[bytes]:
        read.append("begun")
        yield b"{}"

    limit, before = tools.settings.rates.submissions, counts(world)
    wrong = [client.post(url, json={"no": 1}).status_code for _ in range(3)]
    with pytest.raises(TooMany):  # what was refused counts too
        tools.rates.hit(limit, "knock from", "testclient", times=KNOCKS, cost=KNOCKS * 100 - 2)
    tools.rates.hit(limit, "knock from", "testclient", times=KNOCKS, cost=KNOCKS * 100 - 3)
    headers = {"Content-Type": "application/json", "Content-Length": "2"}
    answers = [
        client.post(url, content=pieces(), headers=headers),
        client.post(url, content=pieces(), headers=headers | world.recruiter.auth),
        *(client.post(path) for path in ("/jobs/engineer/apply", "/status", "/status/x")),
        *(client.post(path) for path in ("/sign-in", "/reset-password", "/withdraw/x")),
    ]

    assert wrong == [422] * 3
    assert [answer.status_code for answer in answers] == [429] * 8
    assert counts(world) == before


def test_a_large_body_counts_as_several(client: TestClient, url: str, tools: Tools) -> None:
    limit, name = tools.settings.rates.submissions, "knock from"
    most = KNOCKS * int(limit.partition("/")[0])
    length = {"Content-Length": str(100 * 1024 * 1024), "Content-Type": "multipart/form-data"}
    answer = client.post(url, content=b"x", headers=length)

    assert answer.status_code == 400
    with pytest.raises(TooMany):
        tools.rates.hit(limit, name, "testclient", times=KNOCKS, cost=most - 10)
    tools.rates.hit(limit, name, "testclient", times=KNOCKS, cost=most - 11)


def test_a_file_store_out_of_reach_keeps_the_whole_submission_out(
    client: TestClient, world: World, url: str, tools: Tools
) -> None:
    before = counts(world)
    incoming = Path(tools.blobs.place) / "incoming"
    incoming.rmdir()
    sent = body(evidence=[{"title": "x", "files": ["a.txt"]}])
    answer = client.post(
        url, data={"submission": json.dumps(sent)}, files={"files": ("a.txt", b"a")}
    )

    assert problem(answer)[:2] == (503, "file_store_unavailable")
    assert "retry-after" in answer.headers
    assert counts(world) == before
