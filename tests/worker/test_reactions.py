"""What follows from an event: which letter goes to whom, and what it must not say."""

import re
from datetime import date
from email.message import EmailMessage

from sqlmodel import Session, col, select

from service.core import outbox
from service.core.db import new_id
from service.core.outbox import ActorKind
from service.core.words import email_key
from service.domain.accounts.actions import request_password_reset
from service.domain.accounts.actor import STRANGER, SYSTEM, Actor
from service.domain.accounts.tables import User
from service.domain.jobs.tables import TeamMember
from service.domain.messages.tables import Message
from service.domain.pipeline.actions import request_withdrawal
from service.domain.reviews.actions.assignments import assign_reviewer, take_next
from service.domain.reviews.inputs import AssignmentInput
from service.domain.submissions.actions import expire_revision
from service.domain.submissions.actions.drafts import request_draft_link
from service.domain.submissions.actions.links import request_status_link
from service.domain.submissions.events import RevisionReceived, SubmissionReceived
from service.domain.submissions.queries import (
    get_linked_draft,
    get_submission,
    open_link,
)
from service.domain.submissions.tables import (
    Draft,
    LinkPurpose,
    Revision,
    RevisionState,
    Source,
    Submission,
)
from service.doors.tools import Tools
from service.worker.loop import run_once
from tests.worker.postbox import Postbox, text_of
from tests.worlds import Person, World

LINK = re.compile(r"http://127\.0\.0\.1:8000/(\S+)/(\S+)")


def acting(session: Session, person: Person) -> Actor:
    return Actor.of(session.get_one(User, person.id))


def delivered(posting: Tools, postbox: Postbox) -> dict[str, EmailMessage]:
    """The letters of one round of work, by whom they went to."""
    run_once(posting)
    letters: list[EmailMessage] = []
    while not postbox.letters.empty():
        letters.append(postbox.next())
    by_recipient = {str(letter["To"]): letter for letter in letters}
    assert len(by_recipient) == len(letters)
    return by_recipient


def opened(posting: Tools, purpose: LinkPurpose, page: str, letter: EmailMessage) -> object:
    """What the link in a letter opens."""
    found = LINK.search(text_of(letter))
    assert found
    assert found[1] == page
    with posting.database.read() as session:
        link = open_link(session, posting.key, purpose, found[2])
    return link.revision_id or link.submission_id or link.draft_id


def waiting_revision(session: Session, world: World) -> Revision:
    revision = Revision(
        submission_id=world.submission.id,
        state=RevisionState.UNCONFIRMED,
        source=Source.FORM,
        name="Ada",
        email="ada@example.org",
    )
    session.add(revision)
    session.get_one(Submission, world.submission.id).waiting += 1
    session.flush()
    return revision


def test_who_sends_something_is_thanked_with_the_status_link(
    world: World, posting: Tools, postbox: Postbox
) -> None:
    sent = world.submission
    with posting.database.write() as session:
        received = SubmissionReceived(
            submission_id=sent.id, job_id=world.job_id, revision_id=sent.revision_id
        )
        outbox.record(session, STRANGER, sent.id, received)

    letters = delivered(posting, postbox)

    assert list(letters) == ["ada@example.org"]
    thanks = letters["ada@example.org"]
    assert thanks["Subject"] == "We have your submission for Software Engineer"
    assert "Hello Ada,\n" in text_of(thanks)
    assert "at Example Company" in text_of(thanks)
    assert opened(posting, LinkPurpose.STATUS, "status", thanks) == sent.id


def test_an_event_that_is_worked_on_twice_has_one_effect(
    world: World, posting: Tools, postbox: Postbox
) -> None:
    sent = world.submission
    with posting.database.write() as session:
        received = SubmissionReceived(
            submission_id=sent.id, job_id=world.job_id, revision_id=sent.revision_id
        )
        outbox.record(session, STRANGER, sent.id, received)

    delivered(posting, postbox)
    assert delivered(posting, postbox) == {}


def test_who_adds_by_the_public_door_is_asked_to_confirm(
    world: World, posting: Tools, postbox: Postbox
) -> None:
    with posting.database.write() as session:
        revision = waiting_revision(session, world)
        received = RevisionReceived(
            submission_id=world.submission.id, job_id=world.job_id, revision_id=revision.id
        )
        outbox.record(session, STRANGER, world.submission.id, received)

    letters = delivered(posting, postbox)

    assert list(letters) == ["ada@example.org"]
    confirm = letters["ada@example.org"]
    assert confirm["Subject"] == "Please confirm what was sent for Software Engineer"
    assert opened(posting, LinkPurpose.CONFIRM, "confirm", confirm) == revision.id


def test_a_status_link_is_mailed_to_those_who_sent_something_and_to_nobody_else(
    world: World, posting: Tools, postbox: Postbox
) -> None:
    with posting.database.write() as session:
        request_status_link(session, STRANGER, "Ada@Example.org")
        request_status_link(session, STRANGER, "nobody@example.org")
        request_status_link(session, STRANGER, "grace@example.org", job_id=new_id())

    letters = delivered(posting, postbox)

    assert list(letters) == ["ada@example.org"]
    link = letters["ada@example.org"]
    assert opened(posting, LinkPurpose.STATUS, "status", link) == world.submission.id


def test_a_draft_link_is_mailed_to_go_on_later(
    world: World, posting: Tools, postbox: Postbox
) -> None:
    with posting.database.write() as session:
        draft = Draft(job_id=world.job_id)
        session.add(draft)
        session.flush()
        request_draft_link(session, STRANGER, draft, "begun@example.org")

    letters = delivered(posting, postbox)

    assert list(letters) == ["begun@example.org"]
    found = LINK.search(text_of(letters["begun@example.org"]))
    assert found
    with posting.database.read() as session:
        link = open_link(session, posting.key, LinkPurpose.DRAFT, found[2])
        assert get_linked_draft(session, link) == (draft, world.job_slug)


def test_a_withdraw_link_is_mailed_anew(world: World, posting: Tools, postbox: Postbox) -> None:
    with posting.database.write() as session:
        submission = get_submission(session, SYSTEM, world.submission.id)
        candidate = Actor(ActorKind.CANDIDATE, submission.candidate_id)
        request_withdrawal(session, candidate, submission)

    letters = delivered(posting, postbox)

    assert list(letters) == ["ada@example.org"]
    letter = letters["ada@example.org"]
    assert opened(posting, LinkPurpose.WITHDRAW, "withdraw", letter) == world.submission.id


def test_leading_recruiters_are_told_that_an_addition_expired(
    world: World, posting: Tools, postbox: Postbox
) -> None:
    with posting.database.write() as session:
        submission = get_submission(session, SYSTEM, world.submission.id)
        expire_revision(session, SYSTEM, submission, waiting_revision(session, world))
        session.add(TeamMember(job_id=world.job_id, user_id=world.other_recruiter.id))

    letters = delivered(posting, postbox)

    assert list(letters) == ["recruiter@example.org"]
    text = text_of(letters["recruiter@example.org"])
    assert f"/desk/submissions/{world.submission.id}\n" in text
    assert "Ada" not in text


def test_without_a_lead_all_recruiters_of_the_team_are_told(
    world: World, posting: Tools, postbox: Postbox
) -> None:
    with posting.database.write() as session:
        for member in session.exec(select(TeamMember).where(col(TeamMember.is_lead))).all():
            member.is_lead = False
        session.add(TeamMember(job_id=world.job_id, user_id=world.other_recruiter.id))
        submission = get_submission(session, SYSTEM, world.submission.id)
        expire_revision(session, SYSTEM, submission, waiting_revision(session, world))

    letters = delivered(posting, postbox)

    assert sorted(letters) == ["other_recruiter@example.org", "recruiter@example.org"]


def test_a_reviewer_is_told_of_work_without_a_candidates_name(
    world: World, posting: Tools, postbox: Postbox
) -> None:
    with posting.database.write() as session:
        submission = get_submission(session, SYSTEM, world.submission.id)
        wanted = AssignmentInput(reviewer=world.reviewer.id, due=date(2099, 5, 3))
        assign_reviewer(session, acting(session, world.recruiter), submission, wanted)

    letters = delivered(posting, postbox)

    assert list(letters) == ["reviewer@example.org"]
    text = text_of(letters["reviewer@example.org"])
    assert "by 3 May 2099" in text
    assert "Ada" not in text
    assert "Ada" not in str(letters["reviewer@example.org"]["Subject"])


def test_a_reviewer_who_takes_work_needs_no_letter(
    world: World, posting: Tools, postbox: Postbox
) -> None:
    with posting.database.write() as session:
        submission = get_submission(session, SYSTEM, world.submission.id)
        assert take_next(session, acting(session, world.reviewer), submission.job)

    assert delivered(posting, postbox) == {}


def test_a_password_reset_is_mailed_to_users_and_to_nobody_else(
    world: World, posting: Tools, postbox: Postbox
) -> None:
    with posting.database.write() as session:
        request_password_reset(session, STRANGER, "admin@example.org")
        request_password_reset(session, STRANGER, "nobody@example.org")

    letters = delivered(posting, postbox)

    assert list(letters) == ["admin@example.org"]
    assert "/reset-password/" in text_of(letters["admin@example.org"])


def test_no_secret_of_a_link_is_stored(world: World, posting: Tools, postbox: Postbox) -> None:
    with posting.database.write() as session:
        request_status_link(session, STRANGER, "ada@example.org")

    found = LINK.search(text_of(delivered(posting, postbox)["ada@example.org"]))

    assert found
    with posting.database.read() as session:
        [stored] = session.exec(select(Message)).all()
        assert found[2] not in stored.text
        assert stored.recipient == email_key("ada@example.org")
