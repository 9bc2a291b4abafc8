"""Submissions are taken in alike from known and unknown people, and nothing is overwritten."""

import io
import re
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy import event
from sqlmodel import Session, col, select

from service.core.blobs import Blobs
from service.core.db import Database, new_id
from service.core.errors import Refusal
from service.core.outbox import EventRow
from service.domain.accounts.actor import STRANGER
from service.domain.candidates.tables import Candidate, Consent
from service.domain.jobs.tables import Job, JobState, Question, QuestionKind
from service.domain.submissions.actions import (
    AnswersInvalid,
    ContentInvalid,
    FileGone,
    JobClosed,
    Received,
    check_answers,
    receive_submission,
)
from service.domain.submissions.inputs import StoredFile, SubmissionInput
from service.domain.submissions.tables import (
    Blob,
    Decision,
    Evidence,
    Revision,
    RevisionState,
    RevisionWords,
    Source,
    Submission,
    SubmissionFile,
)
from service.doors.uploads import keep_bytes
from tests.worlds import World


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return Blobs(str(tmp_path / "blobs"))


def content(**changes: Any) -> SubmissionInput:
    whole = {
        "name": "Karen Spärck Jones",
        "email": "karen@example.org",
        "consent": True,
        "evidence": [{"kind": "research", "title": "Inverse document frequency"}],
        **changes,
    }
    return SubmissionInput.model_validate(whole)


def stored(world: World, blobs: Blobs, name: str, data: bytes = b"bytes") -> StoredFile:
    kept = keep_bytes(world.database, blobs, io.BytesIO(data), limit=1000)
    return StoredFile(name, "text/plain", kept.size, kept.sha256)


def receive(session: Session, world: World, sent: SubmissionInput, *files: StoredFile) -> Received:
    job = session.get_one(Job, world.job_id)
    return receive_submission(
        session,
        STRANGER,
        job,
        sent,
        files,
        source=Source.API,
        consent_text="You may read it.",
        consent_version="1",
    )


def test_a_first_submission_is_confirmed_with_everything_in_its_place(
    world: World, blobs: Blobs
) -> None:
    paper = stored(world, blobs, "paper.txt")
    sent = content(
        evidence=[{"title": "IDF", "files": ["paper.txt"], "vouchers": [{"name": "R. N."}]}],
        answers={"wrong": "Often enough."},
        links=["https://example.org/karen"],
        statement="Terms matter: İstanbul.",
    )

    with world.database.write() as session:
        received = receive(session, world, sent, paper)

    with world.database.read() as session:
        submission = session.get_one(Submission, received.submission_id)
        revision = session.get_one(Revision, received.revision_id)
        evidence = session.exec(select(Evidence).where(Evidence.revision_id == revision.id)).one()
        file = session.exec(
            select(SubmissionFile).where(SubmissionFile.revision_id == revision.id)
        ).one()
        blob = session.exec(select(Blob).where(Blob.sha256 == paper.sha256)).one()
        words = session.get_one(RevisionWords, received.revision_id)
        consents = session.exec(select(Consent)).all()

    assert (received.id, received.is_new) == (received.submission_id, True)
    assert (submission.version, submission.revision, submission.waiting) == (1, 1, 0)
    assert submission.stage_id == world.stages["new"]
    assert (revision.number, revision.state) == (1, RevisionState.CONFIRMED)
    assert revision.answers == [
        {"key": "wrong", "question": "When?", "kind": "long", "value": "Often enough."}
    ]
    assert (evidence.number, evidence.title) == (1, "IDF")
    assert evidence.vouchers == [{"name": "R. N.", "contact": ""}]
    assert (file.name, file.evidence_number, file.question_key) == ("paper.txt", 1, None)
    assert blob.refs == 1
    assert [(c.text, c.text_version) for c in consents] == [("You may read it.", "1")]
    assert "karen sparck jones" in words.person
    assert "istanbul" in f"{words.person} {words.words}"


def test_a_second_one_waits_and_changes_nothing_that_is_there(world: World) -> None:
    with world.database.write() as session:
        first = receive(session, world, content())
    with world.database.write() as session:
        second = receive(session, world, content(name="Somebody Else"))

    with world.database.read() as session:
        submission = session.get_one(Submission, first.submission_id)
        revision = session.get_one(Revision, second.revision_id)
        candidate = session.get_one(Candidate, submission.candidate_id)
        events = session.exec(
            select(EventRow.name)
            .where(EventRow.subject_id == submission.id)
            .order_by(col(EventRow.id))
        ).all()

    assert second.submission_id == first.submission_id
    assert (second.id, second.is_new) == (revision.id, False)
    assert (revision.number, revision.state) == (None, RevisionState.UNCONFIRMED)
    assert (submission.revision, submission.waiting, submission.version) == (1, 1, 2)
    assert candidate.name == "Karen Spärck Jones"
    assert events == ["submission.received", "revision.received"]


@contextmanager
def statements(database: Database) -> Generator[list[tuple[str, str]]]:
    """What is sent to the database: the text, and the kinds of its values."""
    seen: list[tuple[str, str]] = []

    def note(_connection, _cursor, statement, parameters, _context, _many) -> None:
        text = re.sub(r"%\(\w+\)s(::\w+)?", "?", statement)
        seen.append((re.sub(r"\s+", " ", text), _shape(parameters)))

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


def _shape(parameters: Any) -> str:
    values = parameters.values() if isinstance(parameters, Mapping) else parameters
    return str(len(values))


def test_the_statements_are_the_same_for_known_and_unknown_people(
    world: World, blobs: Blobs
) -> None:
    files = (stored(world, blobs, "a.txt", b"a"), stored(world, blobs, "b.txt", b"b"))
    evidence = [{"title": "One", "files": ["a.txt"]}, {"title": "Two", "files": ["b.txt"]}]
    lists = []
    for email in ("new@example.org", "new@example.org", "ada@example.org", "other@example.org"):
        sent = content(email=email, evidence=evidence)
        with (
            statements(world.database) as seen,
            world.database.write() as session,
        ):
            receive(session, world, sent, *files)
        lists.append(seen)

    assert len(lists[0]) > 10
    assert lists[1:] == [lists[0]] * 3


def test_a_decided_submission_stays_decided_when_more_comes(world: World) -> None:
    with world.database.write() as session:
        row = session.get_one(Submission, world.submission.id)
        row.decision = Decision.WITHDRAWN
    with world.database.write() as session:
        received = receive(session, world, content(email="ada@example.org"))

    with world.database.read() as session:
        row = session.get_one(Submission, world.submission.id)
    assert (received.is_new, row.decision) == (False, Decision.WITHDRAWN)
    assert (row.revision, row.waiting) == (1, 1)


@pytest.mark.parametrize("state", [JobState.DRAFT, JobState.CLOSED])
def test_a_job_that_is_not_open_takes_nothing(world: World, state: JobState) -> None:
    with world.database.write() as session:
        session.get_one(Job, world.job_id).state = state

    with pytest.raises(JobClosed), world.database.write() as session:
        receive(session, world, content())


def test_bytes_that_were_swept_keep_the_whole_submission_out(world: World, blobs: Blobs) -> None:
    file = stored(world, blobs, "a.txt")
    with world.database.write() as session:
        session.delete(session.exec(select(Blob)).one())

    with pytest.raises(FileGone), world.database.write() as session:
        receive(
            session,
            world,
            content(evidence=[{"title": "A", "files": ["a.txt"]}]),
            file,
        )

    with world.database.read() as session:
        assert session.exec(select(Blob)).all() == []
        assert len(session.exec(select(Revision)).all()) == 2


def test_the_same_bytes_are_counted_for_each_row(world: World, blobs: Blobs) -> None:
    one, two = stored(world, blobs, "a.txt"), stored(world, blobs, "b.txt")
    sent = content(evidence=[{"title": "A", "files": ["a.txt", "b.txt"]}])
    for _time in range(2):
        with world.database.write() as session:
            receive(session, world, sent, one, two)

    with world.database.read() as session:
        assert [blob.refs for blob in session.exec(select(Blob)).all()] == [4]


def faults_of(refusal: Refusal) -> list[tuple[str, str]]:
    return [(fault.pointer, fault.detail) for fault in refusal.faults]


def test_files_and_mentions_must_match_both_ways(world: World, blobs: Blobs) -> None:
    files = [
        stored(world, blobs, "there.txt"),
        stored(world, blobs, "twice.txt"),
        stored(world, blobs, "twice.txt"),
    ]
    sent = content(evidence=[{"title": "A", "files": ["missing.txt", "twice.txt"]}])

    with pytest.raises(ContentInvalid) as caught, world.database.write() as session:
        receive(session, world, sent, *files)

    assert faults_of(caught.value) == [
        ("/files", "File 3 has the name of another one. Rename it."),
        ("/files", "No piece of evidence and no answer mentions file 1."),
        ("/evidence/0/files/0", "No file of this name was sent."),
    ]


def question(kind: QuestionKind, *, required: bool = False, **more: Any) -> Question:
    return Question(
        job_id=new_id(), key="q", text="Q?", kind=kind, required=required, position=0, **more
    )


GOOD = [
    (QuestionKind.SHORT, "One line", "One line"),
    (QuestionKind.LONG, "Two\r\nlines", "Two\nlines"),
    (QuestionKind.CHOICE, "a", "a"),
    (QuestionKind.MULTI_CHOICE, ["b", "a", "a"], ["a", "b"]),
    (QuestionKind.NUMBER, 3, 3),
    (QuestionKind.NUMBER, -2.5, -2.5),
    (QuestionKind.DATE, "2024-02-29", "2024-02-29"),
    (QuestionKind.YES_NO, False, False),
    (QuestionKind.FILE, "x.pdf", "x.pdf"),
]


@pytest.mark.parametrize(("kind", "given", "kept"), GOOD)
def test_an_answer_is_kept_with_its_question(kind, given, kept) -> None:
    records = check_answers([question(kind, options=["a", "b"])], {"q": given})

    assert records == [{"key": "q", "question": "Q?", "kind": kind.value, "value": kept}]


BAD = [
    (QuestionKind.SHORT, "Two\nlines"),
    (QuestionKind.SHORT, "x" * 501),
    (QuestionKind.SHORT, "nul\x00"),
    (QuestionKind.SHORT, 7),
    (QuestionKind.SHORT, {"a": []}),
    (QuestionKind.LONG, "x" * 20_001),
    (QuestionKind.LONG, "\u200b"),
    (QuestionKind.LONG, "\ud800"),
    (QuestionKind.CHOICE, "c"),
    (QuestionKind.CHOICE, ["a"]),
    (QuestionKind.MULTI_CHOICE, "a"),
    (QuestionKind.MULTI_CHOICE, ["a", "c"]),
    (QuestionKind.MULTI_CHOICE, [["a"]]),
    (QuestionKind.NUMBER, "3"),
    (QuestionKind.NUMBER, True),
    (QuestionKind.NUMBER, float("inf")),
    (QuestionKind.NUMBER, float("nan")),
    (QuestionKind.NUMBER, 2**63),
    (QuestionKind.DATE, "2023-02-29"),
    (QuestionKind.DATE, "20240229"),
    (QuestionKind.DATE, "2024-02-29T10:00:00Z"),
    (QuestionKind.DATE, 20240229),
    (QuestionKind.YES_NO, "yes"),
    (QuestionKind.YES_NO, 1),
    (QuestionKind.FILE, ["x.pdf"]),
]


@pytest.mark.parametrize(("kind", "given"), BAD)
def test_an_answer_that_does_not_fit_is_refused_at_its_place(kind, given) -> None:
    with pytest.raises(AnswersInvalid) as caught:
        check_answers([question(kind, options=["a", "b"])], {"q": given})

    assert [pointer for pointer, _detail in faults_of(caught.value)] == ["/answers/q"]


@pytest.mark.parametrize("kind", list(QuestionKind))
@pytest.mark.parametrize("empty", [{}, {"q": None}, {"q": ""}, {"q": []}, {"q": "  "}])
def test_what_is_required_must_be_answered_and_the_rest_may_be_left_out(kind, empty) -> None:
    assert check_answers([question(kind)], empty) == []
    with pytest.raises(AnswersInvalid) as caught:
        check_answers([question(kind, required=True)], empty)
    assert faults_of(caught.value) == [("/answers/q", "Answer this question.")]


def test_answers_to_unknown_questions_are_refused() -> None:
    with pytest.raises(AnswersInvalid) as caught:
        check_answers([], {"a/b~c": "x"})

    assert faults_of(caught.value) == [("/answers/a~1b~0c", "This job has no such question.")]


REFUSED: list[tuple[dict[str, Any], tuple[Any, ...]]] = [
    ({"name": "\u2800"}, ("name",)),
    ({"name": "A\x00B"}, ("name",)),
    ({"name": "A\u202eB"}, ("name",)),
    ({"name": "A\nB"}, ("name",)),
    ({"name": "x" * 201}, ("name",)),
    ({"name": "e" + "\u0301" * 200}, ("name",)),
    ({"name": None}, ("name",)),
    ({"email": "a@x.com,b@x.com"}, ("email",)),
    ({"consent": False}, ("consent",)),
    ({"consent": 1}, ("consent",)),
    ({"consent": "true"}, ("consent",)),
    ({"evidence": []}, ("evidence",)),
    ({"evidence": [{"link": "https://example.org/"}]}, ("evidence", 0, "claim")),
    ({"evidence": [{"title": "x"}] * 21}, ("evidence",)),
    ({"evidence": [{"title": "x", "link": "javascript:alert(1)"}]}, ("evidence", 0, "link")),
    ({"evidence": [{"title": "x", "kind": "other "}]}, ("evidence", 0, "kind")),
    ({"evidence": [{"title": "x", "started": "2021-13"}]}, ("evidence", 0, "started")),
    (
        {"evidence": [{"title": "x", "started": "2021-03", "ended": "2020"}]},
        ("evidence", 0, "ended"),
    ),
    ({"evidence": [{"title": "x", "files": ["a", "a"]}]}, ("evidence", 0, "files")),
    ({"evidence": [{"title": "x", "vouchers": [{"name": "n"}] * 6}]}, ("evidence", 0, "vouchers")),
    ({"evidence": [{"title": "x", "number": 9}]}, ("evidence", 0, "number")),
    ({"links": ["https://example.org/"] * 11}, ("links",)),
    ({"links": ["https://user@example.org/"]}, ("links", 0)),
    ({"statement": "x" * 20_001}, ("statement",)),
    ({"stage": "offer"}, ("stage",)),
    ({"decision": "hired"}, ("decision",)),
]


@pytest.mark.parametrize(("change", "place"), REFUSED)
def test_a_field_that_cannot_be_used_is_named(change, place) -> None:
    with pytest.raises(ValidationError) as caught:
        content(**change)

    assert [error["loc"] for error in caught.value.errors()] == [place]


def test_null_is_the_same_as_not_sent() -> None:
    nulls = {"statement": None, "links": None, "location": None, "answers": None}
    piece = {"title": "x", "ended": None, "files": None, "claim": None, "kind": None}

    assert content(evidence=[piece], **nulls) == content(evidence=[{"title": "x"}])
