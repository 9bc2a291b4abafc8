"""The history in words: everything for those who run the hiring, nothing about scores before."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event
from sqlmodel import Session
from starlette.testclient import TestClient

from service.core import outbox
from service.domain.accounts.actor import STRANGER, SYSTEM
from service.domain.messages.actions import mark_sent, write_message
from service.domain.submissions.events import (
    RevisionConfirmed,
    RevisionExpired,
    RevisionReceived,
    SubmissionReceived,
)
from service.doors.tools import Tools
from tests.reviewing import CARD, assign, judge, save, unseal
from tests.worlds import Person, Sent, World

JUDGED = {"reviewer.assigned", "scorecard.locked", "scores.unsealed"}


def read(client: TestClient, by: Person, sent: Sent, query: str = "") -> Any:
    answer = client.get(f"{sent.url}/history{query}", headers=by.auth)
    assert answer.status_code == 200, answer.text
    return answer.json()


def told(client: TestClient, by: Person, sent: Sent) -> list[str]:
    """The sentences, the oldest first."""
    return [entry["text"] for entry in reversed(read(client, by, sent)["items"])]


def move(client: TestClient, by: Person, sent: Sent, **body: object) -> None:
    version = client.get(sent.url, headers=by.auth).headers["ETag"]
    headers = {**by.auth, "If-Match": version}
    answer = client.post(f"{sent.url}/moves", json=body, headers=headers)
    assert answer.status_code == 201, answer.text


def receive(session: Session, world: World, sent: Sent) -> None:
    received = SubmissionReceived(
        submission_id=sent.id, job_id=world.job_id, revision_id=sent.revision_id
    )
    outbox.record(session, STRANGER, sent.id, received)


@pytest.fixture
def judged(client: TestClient, world: World) -> World:
    """Two are asked to review; one has locked; an admin looked early."""
    sent = world.submission
    for person in (world.reviewer, world.reviewer2):
        assert assign(client, world.recruiter, person, sent).status_code == 201
    assert judge(client, world.reviewer, sent).status_code == 200
    assert unseal(client, world.admin, sent, "An offer is due.").status_code in {200, 201}
    return world


def test_it_reads_as_sentences(client: TestClient, world: World) -> None:
    sent = world.submission
    with world.database.write() as session:
        receive(session, world, sent)
        confirmed = RevisionConfirmed(
            submission_id=sent.id, job_id=world.job_id, revision_id=sent.revision_id, number=2
        )
        outbox.record(session, STRANGER, sent.id, confirmed)
    move(client, world.recruiter, sent, to="screen", reason="Strong.", note="Call soon.")
    move(client, world.recruiter, sent, to="hired")

    assert told(client, world.recruiter, sent) == [
        "The candidate sent it",
        "The candidate confirmed an addition, now revision 2",
        "Recruiter moved it from New to Screen",
        "Recruiter ended it: hired",
    ]


def test_what_nobody_has_confirmed_is_told_only_to_who_could_confirm_it(
    client: TestClient, world: World
) -> None:
    sent = world.submission
    assign(client, world.recruiter, world.reviewer, sent)
    assert judge(client, world.reviewer, sent).status_code == 200
    ids = {"submission_id": sent.id, "job_id": world.job_id, "revision_id": sent.revision_id}
    with world.database.write() as session:
        outbox.record(session, STRANGER, sent.id, RevisionReceived(**ids))
        outbox.record(session, SYSTEM, sent.id, RevisionExpired(**ids))

    untold = {"revision.received", "revision.expired"}
    for reader, names in ((world.reviewer, set()), (world.recruiter, untold)):
        items = read(client, reader, sent)["items"]
        assert {entry["event"] for entry in items} & untold == names


def test_an_entry_says_who_and_why(client: TestClient, world: World) -> None:
    sent = world.submission
    move(client, world.recruiter, sent, to="screen", reason="Strong.", note="Call soon.")

    [entry] = read(client, world.admin, sent)["items"]

    assert entry["event"] == "submission.moved"
    assert entry["by"] == {"kind": "user", "id": str(world.recruiter.id), "name": "Recruiter"}
    assert (entry["reason"], entry["note"]) == ("Strong.", "Call soon.")


def test_those_who_run_the_hiring_read_who_locked_and_who_looked(
    client: TestClient, judged: World
) -> None:
    for reader in (judged.recruiter, judged.admin):
        assert told(client, reader, judged.submission) == [
            "Recruiter asked Reviewer to review it",
            "Recruiter asked Reviewer2 to review it",
            "Reviewer locked a scorecard",
            "Admin looked at the sealed scores early",
        ]


def test_a_sealed_reviewer_reads_only_what_is_about_oneself(
    client: TestClient, judged: World
) -> None:
    assert told(client, judged.reviewer2, judged.submission) == [
        "Recruiter asked Reviewer2 to review it"
    ]


def test_who_has_locked_reads_about_the_others_too(client: TestClient, judged: World) -> None:
    names = {entry["event"] for entry in read(client, judged.reviewer, judged.submission)["items"]}

    assert names == JUDGED


def test_reasons_and_notes_are_sealed_as_the_scores_are(client: TestClient, judged: World) -> None:
    sent = judged.submission
    move(client, judged.recruiter, sent, to="screen", reason="Both were strong.", note="4 of 4")

    sealed = client.get(f"{sent.url}/history", headers=judged.reviewer2.auth).text
    open_ = client.get(f"{sent.url}/history", headers=judged.reviewer.auth).text

    assert "Both were strong." in open_
    assert "4 of 4" in open_
    assert "Both were strong." not in sealed
    assert "4 of 4" not in sealed
    assert "moved it from New to Screen" in sealed


def test_what_a_scorecard_says_is_told_to_nobody(client: TestClient, judged: World) -> None:
    for reader in (judged.admin, judged.recruiter, judged.reviewer):
        text = client.get(f"{judged.submission.url}/history", headers=reader.auth).text
        assert CARD["comment"] not in text
        assert "strong_yes" not in text
        assert '"yes"' not in text
        assert "80" not in [word.strip('",') for word in text.split()]


def test_a_draft_scorecard_is_told_to_nobody(client: TestClient, world: World) -> None:
    sent = world.submission
    assign(client, world.recruiter, world.reviewer, sent)
    assert save(client, world.reviewer, sent, CARD).status_code == 200

    for reader in (world.recruiter, world.reviewer):
        events = {entry["event"] for entry in read(client, reader, sent)["items"]}
        assert events == {"reviewer.assigned"}


def test_work_taken_unasked_reads_so(client: TestClient, world: World) -> None:
    taken = client.post(f"/api/v1/jobs/{world.job_slug}/next", headers=world.reviewer.auth)
    assert taken.status_code in {200, 201}, taken.text
    mine = [sent for sent in (world.submission, world.submission2) if str(sent.id) in taken.text]

    assert told(client, world.reviewer, mine[0]) == ["Reviewer took it to review"]


def test_letters_are_told_to_those_who_run_the_hiring(client: TestClient, world: World) -> None:
    sent = world.submission
    assign(client, world.recruiter, world.reviewer, sent)
    with world.database.write() as session:
        letter = write_message(
            session,
            SYSTEM,
            kind="thanks",
            recipient="ada@example.org",
            subject="Thank you",
            text="",
            submission_id=sent.id,
        )
        mark_sent(session, SYSTEM, letter)

    assert told(client, world.recruiter, sent)[1:] == [
        "Exhibit wrote a letter: thanks",
        "A letter was sent: thanks",
    ]
    assert told(client, world.reviewer, sent) == ["Recruiter asked Reviewer to review it"]


def test_who_may_not_see_the_submission_sees_no_history(client: TestClient, world: World) -> None:
    for person in (world.outsider, world.other_recruiter, world.reviewer):
        answer = client.get(f"{world.submission.url}/history", headers=person.auth)
        assert answer.status_code == 404
    assert client.get(f"{world.submission.url}/history").status_code == 401


def test_one_submissions_history_is_not_anothers(client: TestClient, world: World) -> None:
    move(client, world.recruiter, world.submission, to="screen")

    assert told(client, world.recruiter, world.submission2) == []


def test_it_comes_page_by_page_the_newest_first(client: TestClient, world: World) -> None:
    sent, seen, query = world.submission, [], "?limit=2"
    for stage in ("screen", "onsite", "offer", "new", "screen"):
        move(client, world.recruiter, sent, to=stage)
    while True:
        page = read(client, world.recruiter, sent, query)
        seen += [entry["text"].rpartition(" ")[2] for entry in page["items"]]
        if page["next_cursor"] is None:
            break
        query = f"?limit=2&cursor={page['next_cursor']}"

    assert seen == ["Screen", "New", "Offer", "Onsite", "Screen"]


def test_erased_values_leave_the_sentence(client: TestClient, world: World) -> None:
    sent = world.submission
    move(client, world.recruiter, sent, to="screen", reason="Strong.")
    with world.database.write() as session:
        session.connection().exec_driver_sql("DELETE FROM event_detail")

    [entry] = read(client, world.recruiter, sent)["items"]

    assert (entry["text"], entry["reason"]) == ("Recruiter moved it from New to Screen", "")


@contextmanager
def counted(tools: Tools) -> Iterator[list[str]]:
    """What the application asks its database meanwhile."""
    seen: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    event.listen(tools.database.engine, "before_cursor_execute", note)
    yield seen
    event.remove(tools.database.engine, "before_cursor_execute", note)


def test_a_long_history_takes_no_more_questions_than_a_short_one(
    client: TestClient, world: World, tools: Tools
) -> None:
    sent = world.submission
    move(client, world.recruiter, sent, to="screen")
    with counted(tools) as short:
        read(client, world.recruiter, sent)
    for stage in ("onsite", "offer"):
        move(client, world.recruiter, sent, to=stage)
    assign(client, world.recruiter, world.reviewer, sent)
    with counted(tools) as long:
        read(client, world.recruiter, sent)

    assert len(long) == len(short)
