"""Letters leave, are tried again or given up, and their secrets are stored nowhere."""

import re
from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlmodel import select

from service.core.db import new_id
from service.core.outbox import ATTEMPTS, EventRow, TaskState
from service.core.secrets import unsign
from service.domain.accounts.actor import SYSTEM
from service.domain.messages.tables import MessageState
from service.domain.submissions.actions.links import make_link
from service.domain.submissions.queries import open_link
from service.domain.submissions.tables import LinkPurpose
from service.doors.tools import Tools
from service.worker.loop import run_once
from service.worker.post import PAGES, RESET_PAGE, stored_link
from tests.worker.postbox import Postbox, text_of
from tests.worker.steps import make_due, message, tasks, write_one
from tests.worlds import World


def events(tools: Tools) -> list[str]:
    with tools.database.read() as session:
        return sorted(session.exec(select(EventRow.name)).all())


def letters(tools: Tools) -> Iterator[Path]:
    return (tools.settings.data_dir / "mail").glob("*.eml")


def test_without_a_server_letters_become_files(tools: Tools) -> None:
    id = write_one(tools.database)

    run_once(tools)

    [path] = letters(tools)
    letter = message_from_bytes(path.read_bytes(), policy=policy.default)
    assert letter["To"] == "ada@example.org"
    assert letter["From"] == "Example Company <hiring@example.com>"
    assert letter["Message-ID"] == f"<{id}@127.0.0.1>"
    assert letter.get_content() == "Hello Ada,\n\nthank you.\n"
    assert events(tools) == ["message.sent", "message.written"]


def test_with_a_server_letters_are_sent_once(posting: Tools, postbox: Postbox) -> None:
    id = write_one(posting.database)

    run_once(posting)
    make_due(posting.database)
    run_once(posting)

    assert postbox.next()["Message-ID"] == f"<{id}@127.0.0.1>"
    assert postbox.letters.empty()
    assert message(posting.database, id).state is MessageState.SENT


def test_a_temporary_refusal_is_tried_again_as_the_same_letter(
    posting: Tools, postbox: Postbox
) -> None:
    postbox.answers = ["451 try later"]
    id = write_one(posting.database)

    run_once(posting)
    waiting = message(posting.database, id)
    [task] = tasks(posting.database)
    make_due(posting.database)
    run_once(posting)

    assert waiting.state is MessageState.QUEUED
    assert task.last_error == "the mail server answered 451 try later"
    assert postbox.next()["Message-ID"] == postbox.next()["Message-ID"]
    assert message(posting.database, id).state is MessageState.SENT


def test_a_permanent_refusal_is_final_and_recorded(posting: Tools, postbox: Postbox) -> None:
    postbox.answers = ["550 no such person"]
    id = write_one(posting.database)

    run_once(posting)
    make_due(posting.database)
    run_once(posting)

    assert postbox.letters.qsize() == 1
    failed = message(posting.database, id)
    assert failed.state is MessageState.FAILED
    assert failed.error == "the mail server answered 550 no such person"
    assert [task.state for task in tasks(posting.database)] == [TaskState.GIVEN_UP]
    assert events(posting) == ["message.failed", "message.written"]


def test_a_letter_is_given_up_after_many_tries(posting: Tools, postbox: Postbox) -> None:
    postbox.answers = ["451 try later"]
    id = write_one(posting.database)
    make_due(posting.database, attempts=ATTEMPTS - 1)

    run_once(posting)

    assert message(posting.database, id).state is MessageState.FAILED
    assert events(posting) == ["message.failed", "message.written"]


def test_an_admin_has_a_given_up_letter_sent_again(
    client: TestClient, world: World, posting: Tools, postbox: Postbox
) -> None:
    postbox.answers = ["550 not now"]
    id = write_one(posting.database)
    run_once(posting)

    listed = client.get("/api/v1/outbox?state=given_up", headers=world.admin.auth)
    [task] = listed.json()["items"]
    denied = client.get("/api/v1/outbox", headers=world.recruiter.auth)
    retry = f"/api/v1/outbox/{task['id']}/retry"
    refused = client.post(retry, headers=world.recruiter.auth)
    retried = client.post(retry, headers=world.admin.auth)
    again = client.post(retry, headers=world.admin.auth)
    run_once(posting)

    assert (task["kind"], task["payload"]) == ("send_message", {"message_id": str(id)})
    assert task["last_error"] == "the mail server answered 550 not now"
    statuses = [answer.status_code for answer in (denied, refused, retried, again)]
    assert statuses == [403, 403, 200, 409]
    assert again.json()["code"] == "task_not_given_up"
    assert postbox.next()["Message-ID"] == postbox.next()["Message-ID"]
    assert message(posting.database, id).state is MessageState.SENT


def test_a_header_cannot_be_smuggled_in(tools: Tools) -> None:
    id = write_one(tools.database, recipient="ada@example.org\r\nBcc: eve@example.org")

    run_once(tools)

    assert message(tools.database, id).state is MessageState.FAILED
    assert list(letters(tools)) == []


def test_a_letter_erased_with_its_person_is_not_sent(tools: Tools) -> None:
    id = write_one(tools.database)
    with tools.database.write() as session:
        session.delete(message(tools.database, id))

    run_once(tools)

    assert list(letters(tools)) == []
    assert [task.state for task in tasks(tools.database)] == [TaskState.DONE]


KINDS = {
    "status": "status_link",
    "confirm": "confirm",
    "withdraw": "withdraw",
    "drafts": "draft_link",
    RESET_PAGE: "password_reset",
}


def token_in_letter(
    posting: Tools, postbox: Postbox, page: str, id: UUID, about: UUID | None = None
) -> str:
    """What stands in place of the link when the letter arrives; the stored text stays as it is."""
    stored = f"Here:\n\n{stored_link(posting.settings, page, id)}\n\nBye.\n"
    kind = KINDS[page]
    written = write_one(posting.database, kind=kind, text=stored, submission_id=about)

    run_once(posting)

    pattern = rf"Here:\n\n{posting.settings.site}/{page}/(\S+)\n\nBye.\n"
    found = re.fullmatch(pattern, text_of(postbox.next()))
    assert found
    assert message(posting.database, written).text == stored
    return found[1]


@pytest.mark.parametrize("purpose", LinkPurpose)
def test_a_link_has_its_secret_only_in_the_letter(
    world: World, posting: Tools, postbox: Postbox, purpose: LinkPurpose
) -> None:
    with posting.database.write() as session:
        id, ends = world.submission.id, timedelta(hours=1)
        link = make_link(session, SYSTEM, purpose, submission_id=id, lasts=ends)

    token = token_in_letter(posting, postbox, PAGES[purpose], link.id, id)

    with posting.database.read() as session:
        assert open_link(session, posting.key, purpose, token).id == link.id


def test_a_reset_link_has_its_secret_only_in_the_letter(posting: Tools, postbox: Postbox) -> None:
    id = new_id()

    token = token_in_letter(posting, postbox, RESET_PAGE, id)

    assert unsign(posting.key, "password_reset", token, timedelta(hours=1)) == str(id)


def test_a_link_for_another_purpose_or_for_nothing_stays_closed(
    world: World, posting: Tools, postbox: Postbox
) -> None:
    with posting.database.write() as session:
        id, ends = world.submission.id, timedelta(hours=1)
        link = make_link(session, SYSTEM, LinkPurpose.STATUS, submission_id=id, lasts=ends)

    assert token_in_letter(posting, postbox, "withdraw", link.id, id) == f"[{link.id}]"
    assert token_in_letter(posting, postbox, "status", id, id) == f"[{id}]"


def test_a_letter_opens_nothing_of_somebody_else(
    world: World, posting: Tools, postbox: Postbox
) -> None:
    other, mine = world.submission2.id, world.submission.id
    with posting.database.write() as session:
        ends = timedelta(hours=1)
        link = make_link(session, SYSTEM, LinkPurpose.STATUS, submission_id=other, lasts=ends)

    assert token_in_letter(posting, postbox, "status", link.id, mine) == f"[{link.id}]"
    assert token_in_letter(posting, postbox, "status", link.id, other) != f"[{link.id}]"


def test_what_looks_like_a_link_in_a_persons_words_stays_as_it_is(
    posting: Tools, postbox: Postbox
) -> None:
    forged = stored_link(posting.settings, "status", new_id())
    write_one(posting.database, kind="rejection", text=f"{forged}\n")

    run_once(posting)

    assert text_of(postbox.next()) == f"{forged}\n"
