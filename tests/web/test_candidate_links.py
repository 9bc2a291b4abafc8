"""What a candidate sees and does by links in mails, and whom that tells what."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from fastapi.testclient import TestClient
from sqlmodel import select

from service.core.clock import utc_now
from service.domain.accounts.actor import SYSTEM
from service.domain.messages.tables import Message
from service.domain.submissions.actions.links import make_link
from service.domain.submissions.queries import link_token
from service.domain.submissions.tables import LinkPurpose, Submission, SubmissionFile
from service.doors.tools import Tools
from service.worker.loop import run_once
from tests.meetings import wait_for
from tests.worlds import World

SECOND = {
    "name": "Ada",
    "email": "ada@example.org",
    "consent": "yes",
    "evidence-0-claim": "I proved it, too.",
    "do": "send",
}
NOTES = ("evidence-0-files", ("notes.txt", b"The proof."))


def mailed(tools: Tools, page: str) -> list[str]:
    """The links to a page in all letters so far."""
    run_once(tools)
    letters = [
        path.read_text() for path in sorted((tools.settings.data_dir / "mail").glob("*.eml"))
    ]
    return [found[0] for text in letters if (found := re.search(rf"/{page}/\S+", text))]


def link_to(world: World, tools: Tools, purpose: LinkPurpose) -> str:
    with world.database.write() as session:
        lasts, id = timedelta(hours=1), world.submission.id
        link = make_link(session, SYSTEM, purpose, lasts=lasts, submission_id=id)
        return f"/{purpose.value}/{link_token(tools.key, link)}"


def letters(world: World, kind: str) -> list[Message]:
    with world.database.read() as session:
        return list(session.exec(select(Message).where(Message.kind == kind)).all())


def reject(client: TestClient, world: World) -> None:
    headers = {**world.recruiter.auth, "If-Match": "*"}
    body = {"to": "rejected", "reason": "depth"}
    done = client.post(f"{world.submission.url}/moves", json=body, headers=headers)
    assert done.status_code == 201


def test_who_confirms_sees_what_and_ends_earlier_links(
    client: TestClient, world: World, tools: Tools
) -> None:
    earlier = link_to(world, tools, LinkPurpose.STATUS)
    client.post("/jobs/engineer/apply", data=SECOND, files=[NOTES])
    (link,) = mailed(tools, "confirm")
    shown = client.get(link)
    file = re.search(r'href="(/confirm/[^"]+)"', shown.text)
    assert file
    bytes_of_it = client.get(file[1])
    elsewhere = client.get(f"{link}/files/{world.submission.id}")
    pressed = client.post(link, data={"idempotency_key": "once"})

    assert "I proved it, too." in shown.text
    assert (bytes_of_it.status_code, bytes_of_it.content) == (200, b"The proof.")
    assert elsewhere.status_code == 404
    assert pressed.status_code == 200
    assert client.get(earlier).status_code == 410
    assert "I proved it, too." in client.get(mailed(tools, "status")[-1]).text


def test_new_evidence_for_an_ended_submission_is_told_to_those_who_lead(
    client: TestClient, world: World, tools: Tools
) -> None:
    reject(client, world)
    client.post("/jobs/engineer/apply", data=SECOND)
    (link,) = mailed(tools, "confirm")
    assert "Your earlier submission has ended." in client.get(link).text
    assert letters(world, "sent_after_end") == []
    client.post(link, data={"idempotency_key": "once"})
    run_once(tools)

    (letter,) = letters(world, "sent_after_end")
    assert letter.recipient == world.recruiter.email
    assert "Ada" not in letter.text
    assert world.reload(Submission, world.submission.id).decision == "rejected"


def test_withdrawing_ends_all_links_to_withdraw(
    client: TestClient, world: World, tools: Tools
) -> None:
    one, other = (link_to(world, tools, LinkPurpose.WITHDRAW) for _ in range(2))
    assert client.post(one, data={"reason": "An offer."}).status_code == 200

    assert client.get(other).status_code == 410


@pytest.mark.parametrize("reason", ["a\0b", "a\u202eb", "x" * 2_001])
def test_a_reason_that_cannot_be_kept_withdraws_nothing(
    client: TestClient, world: World, tools: Tools, reason: str
) -> None:
    refused = client.post(link_to(world, tools, LinkPurpose.WITHDRAW), data={"reason": reason})

    assert refused.status_code == 422
    assert world.reload(Submission, world.submission.id).decision is None


def test_a_reason_survives_a_refusal(client: TestClient, world: World, tools: Tools) -> None:
    link = link_to(world, tools, LinkPurpose.WITHDRAW)
    long = client.post(link, data={"reason": "An offer & more. " * 200})
    reject(client, world)
    late = client.post(link, data={"reason": "An offer & more."})

    assert (long.status_code, late.status_code) == (422, 409)
    for page in (long, late):
        assert ">\nAn offer &amp; more." in page.text
        assert "Your submission is not withdrawn" in page.text


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("purpose", [LinkPurpose.CONFIRM, LinkPurpose.WITHDRAW])
def test_who_presses_while_something_else_changes_it_comes_after(
    client: TestClient, world: World, tools: Tools, purpose: LinkPurpose
) -> None:
    client.post("/jobs/engineer/apply", data=SECOND)
    (confirming,) = mailed(tools, "confirm")
    link = confirming if purpose is LinkPurpose.CONFIRM else link_to(world, tools, purpose)
    with ThreadPoolExecutor(1) as pool:
        with world.database.write() as session:
            session.get_one(Submission, world.submission.id).updated_at = utc_now()
            session.flush()
            pressed = pool.submit(client.post, link, data={"reason": "An offer."})
            wait_for(world.database, 1)

        assert pressed.result().status_code == 200


def test_all_additions_together_keep_the_limits(
    client: TestClient, world: World, tools: Tools
) -> None:
    status = link_to(world, tools, LinkPurpose.STATUS)
    files = [("evidence-0-files", (f"{number}.txt", b"%d" % number)) for number in range(12)]
    added = [
        client.post(status, data={"evidence-0-claim": f"More {number}."}, files=files)
        for number in range(2)
    ]

    assert [answer.status_code for answer in added] == [303, 413]
    assert "More 1." in added[1].text
    with world.database.read() as session:
        assert len(session.exec(select(SubmissionFile)).all()) == 12


def test_a_new_colleague_gets_a_link_to_choose_a_password(
    client: TestClient, world: World, tools: Tools
) -> None:
    body = {"email": "new@example.org", "name": "New", "roles": ["reviewer"]}
    made = client.post("/api/v1/users", json=body, headers=world.admin.auth)
    (link,) = mailed(tools, "reset-password")
    chosen = client.post(link, data={"password": "a long new password"})

    assert made.status_code == 201
    assert chosen.status_code == 303
    form = {"email": "new@example.org", "password": "a long new password"}
    signed_in = client.post("/sign-in", data=form, headers={"Origin": "http://localhost"})
    assert (signed_in.status_code, signed_in.headers["location"]) == (303, "/desk")


def test_additions_sent_at_once_are_all_there(
    client: TestClient, world: World, tools: Tools
) -> None:
    status, claims = link_to(world, tools, LinkPurpose.STATUS), [f"Number {n}." for n in range(4)]
    ready = Barrier(len(claims))

    def add(claim: str) -> int:
        ready.wait()
        return client.post(status, data={"evidence-0-claim": claim}).status_code

    with ThreadPoolExecutor(len(claims)) as crowd:
        statuses = list(crowd.map(add, claims))

    assert statuses == [303] * len(claims)
    shown = client.get(status).text
    assert all(claim in shown for claim in claims)


def test_a_file_or_a_link_alone_can_be_added(
    client: TestClient, world: World, tools: Tools
) -> None:
    status = link_to(world, tools, LinkPurpose.STATUS)
    nothing = {"evidence-0-claim": " ", "evidence-0-link": ""}
    link = {"evidence-0-link": "https://example.org/talk"}
    added = [
        client.post(status, data=nothing, files=[NOTES]),
        client.post(status, data=nothing | link),
    ]
    empty = client.post(status, data=nothing)

    assert [answer.status_code for answer in (*added, empty)] == [303, 303, 422]
    shown = client.get(status).text
    assert "<h2>2. notes.txt</h2>" in shown
    assert "<h2>3. https://example.org/talk</h2>" in shown


def test_a_file_that_came_with_a_refused_addition_is_asked_for_again(
    client: TestClient, world: World, tools: Tools
) -> None:
    status = link_to(world, tools, LinkPurpose.STATUS)
    refused = client.post(status, data={"evidence-0-link": "nowhere"}, files=[NOTES])
    without = client.post(status, data={"evidence-0-link": "nowhere"})

    assert refused.status_code == 422
    assert "Choose again what could not be kept here: “notes.txt”." in refused.text
    assert 'id="evidence-0-files-mistake"' in refused.text
    assert "Choose again" not in without.text
