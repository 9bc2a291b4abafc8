"""Mailed links that are over: each says so, and what to do next; who holds none learns nothing."""

from datetime import timedelta
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session, select

from service.core.clock import utc_now
from service.core.db import new_id
from service.core.secrets import sign
from service.domain.accounts.actions import open_password_reset
from service.domain.accounts.actor import SYSTEM
from service.domain.submissions.actions import make_link
from service.domain.submissions.queries import link_token
from service.domain.submissions.tables import (
    Decision,
    Draft,
    LinkPurpose,
    MailedLink,
    Revision,
    RevisionState,
    Source,
    Submission,
)
from service.doors.tools import Tools
from tests.worlds import World

PAGES = {
    LinkPurpose.STATUS: "status",
    LinkPurpose.CONFIRM: "confirm",
    LinkPurpose.WITHDRAW: "withdraw",
    LinkPurpose.DRAFT: "drafts",
}
OURS = {"Origin": "http://localhost"}


def over(world: World, tools: Tools, purpose: LinkPurpose, **ids: UUID) -> str:
    """The path in a mail whose link has ended."""
    with world.database.write() as session:
        about = ids or {"submission_id": world.submission.id}
        link = make_link(session, SYSTEM, purpose, lasts=timedelta(hours=1), **about)
        link.ended_at = utc_now()
        return f"/{PAGES[purpose]}/{link_token(tools.key, link)}"


@pytest.mark.parametrize("purpose", PAGES)
def test_a_link_that_is_over_says_so_and_leads_on(
    client: TestClient, world: World, tools: Tools, purpose: LinkPurpose
) -> None:
    path = over(world, tools, purpose)
    answers = [client.get(path)]
    answers += (
        [client.post(path, data={"reason": "no"})] if purpose is not LinkPurpose.DRAFT else []
    )
    with world.database.write() as session:
        session.delete(session.get_one(MailedLink, _id_of(session, purpose)))
    swept = client.get(path)
    forged = client.get(path[:-1])

    assert [answer.status_code for answer in (*answers, swept, forged)] == [
        *(410 for _ in answers),
        *(410, 404),
    ]
    for answer in (*answers, swept):
        assert 'href="/status"' in answer.text
        assert "Ada" not in answer.text
        assert "Software Engineer" not in answer.text


def _id_of(session: Session, purpose: LinkPurpose) -> UUID:
    return session.exec(select(MailedLink.id).where(MailedLink.purpose == purpose)).one()


@pytest.mark.parametrize("state", [RevisionState.CONFIRMED, RevisionState.EXPIRED])
def test_a_link_to_confirm_says_whether_it_was_confirmed(
    client: TestClient, world: World, tools: Tools, state: RevisionState
) -> None:
    with world.database.write() as session:
        revision = Revision(
            submission_id=world.submission.id,
            state=state,
            source=Source.FORM,
            name="Ada",
            email="ada@example.org",
        )
        session.add(revision)
        id = revision.id
    path = over(
        world, tools, LinkPurpose.CONFIRM, submission_id=world.submission.id, revision_id=id
    )

    done = "confirmed already" in client.get(path).text
    assert done is (state is RevisionState.CONFIRMED)


def test_a_link_to_withdraw_says_that_it_is_done(
    client: TestClient, world: World, tools: Tools
) -> None:
    path = over(world, tools, LinkPurpose.WITHDRAW)
    before = client.get(path).text
    with world.database.write() as session:
        session.get_one(Submission, world.submission.id).decision = Decision.WITHDRAWN

    assert "withdrawn already" not in before
    assert "withdrawn already" in client.get(path).text


def test_a_draft_that_is_gone_says_so_by_each_of_its_links(
    client: TestClient, world: World, tools: Tools
) -> None:
    with world.database.write() as session:
        draft = Draft(job_id=world.job_id, email="ada@example.org")
        session.add(draft)
        session.flush()
        token = sign(tools.key, "draft", str(draft.id))
        session.delete(draft)
    shown = client.get("/jobs/engineer/apply", params={"draft": token})

    assert (shown.status_code, "no longer here" in shown.text) == (410, True)


@pytest.mark.parametrize("end", ["used", "late", "forged", "unknown"])
def test_a_link_to_a_new_password_that_is_over_leads_to_another(
    client: TestClient, world: World, tools: Tools, end: str
) -> None:
    with world.database.write() as session:
        reset = open_password_reset(session, SYSTEM, new_id(), world.reviewer.email)
        assert reset
        token = sign(tools.key, "password_reset", str(reset.id if end != "unknown" else new_id()))
        reset.used_at = utc_now() if end == "used" else None
        if end == "late":
            reset.expires_at = utc_now()
    path = f"/reset-password/{token[:-1] if end == 'forged' else token}"
    answers = [client.get(path), client.post(path, data={"password": "x" * 12}, headers=OURS)]

    for answer in answers:
        assert (answer.status_code, 'href="/reset-password"' in answer.text) == (410, True)
        assert world.reviewer.email not in answer.text
