"""Drafts keep what was typed and staged; revisions wait, are confirmed and added to; links end."""

import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session, col, select

from service.core.blobs import Blobs
from service.core.clock import utc_now
from service.core.errors import Forbidden, NotFound
from service.core.outbox import ActorKind, EventDetail, EventRow
from service.domain.accounts.actor import STRANGER, SYSTEM, Actor
from service.domain.accounts.tables import User
from service.domain.jobs.tables import Job, JobState
from service.domain.submissions.actions import (
    ContentInvalid,
    DraftTooLarge,
    JobClosed,
    ReasonMissing,
    RevisionSettled,
    SubmissionEnded,
    TooMuchEvidence,
    add_to_submission,
    confirm_revision,
    drop_staged_file,
    expire_revision,
    make_link,
    receive_submission,
    remove_draft,
    request_draft_link,
    request_status_link,
    revoke_links,
    save_draft,
    set_access,
    stage_file,
)
from service.domain.submissions.inputs import AdditionInput, StoredFile, SubmissionInput
from service.domain.submissions.queries import (
    LinkEnded,
    draft_token,
    get_draft,
    get_revision,
    get_submission,
    link_token,
    list_revisions,
    open_link,
)
from service.domain.submissions.tables import (
    Access,
    Blob,
    Decision,
    Draft,
    LinkPurpose,
    MailedLink,
    Revision,
    RevisionState,
    RevisionWords,
    Source,
    StagedFile,
    Submission,
)
from service.doors.uploads import keep_bytes
from tests.worlds import World

KEY = "a key for tests, long enough for it"
HOUR = timedelta(hours=1)


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return Blobs(str(tmp_path / "blobs"))


def stored(
    world: World, blobs: Blobs, name: str, data: bytes = b"bytes", place: str = ""
) -> StoredFile:
    kept = keep_bytes(world.database, blobs, io.BytesIO(data), limit=1000)
    return StoredFile(name, "text/plain", kept.size, kept.sha256, place)


def candidate_of(world: World) -> Actor:
    return Actor(ActorKind.CANDIDATE, world.submission.candidate_id, "candidate")


def staff(session: Session, id: Any) -> Actor:
    return Actor.of(session.get_one(User, id))


def wait(world: World) -> Revision:
    """A second sending for an address that is known."""
    content = SubmissionInput.model_validate(
        {
            "name": "Ada",
            "email": "ada@example.org",
            "consent": True,
            "evidence": [{"title": "Another compiler"}],
        }
    )
    with world.database.write() as session:
        received = receive_submission(
            session,
            STRANGER,
            session.get_one(Job, world.job_id),
            content,
            source=Source.FORM,
            consent_text="Yes.",
            consent_version="1",
        )
        return session.get_one(Revision, received.revision_id)


def names(world: World) -> list[str]:
    with world.database.read() as session:
        return list(session.exec(select(EventRow.name).order_by(col(EventRow.id))).all())


def refs(world: World) -> list[int]:
    with world.database.read() as session:
        return list(session.exec(select(Blob.refs)).all())


# Revisions


def test_the_candidate_confirms_and_all_links_to_it_end(world: World) -> None:
    waiting = wait(world)
    with world.database.write() as session:
        links = [
            make_link(
                session,
                SYSTEM,
                LinkPurpose.CONFIRM,
                lasts=HOUR,
                submission_id=world.submission.id,
                revision_id=waiting.id,
            )
            for _ in range(2)
        ]
    with world.database.write() as session:
        me = candidate_of(world)
        open_link(session, KEY, LinkPurpose.CONFIRM, link_token(KEY, links[0]), for_use=True)
        submission = get_submission(session, me, world.submission.id)
        confirm_revision(session, me, submission, session.get_one(Revision, waiting.id))

    with world.database.read() as session:
        submission = session.get_one(Submission, world.submission.id)
        assert (submission.revision, submission.waiting, submission.version) == (2, 0, 3)
        newest = get_revision(session, submission)
        assert (newest.id, newest.state) == (waiting.id, RevisionState.CONFIRMED)
        assert [piece.title for piece in newest.evidence] == ["Another compiler"]
        for link in links:
            with pytest.raises(LinkEnded) as ended:
                open_link(session, KEY, LinkPurpose.CONFIRM, link_token(KEY, link))
            assert ended.value.is_done
    assert names(world)[-1] == "revision.confirmed"


def test_staff_confirm_by_hand_with_a_reason(world: World) -> None:
    waiting = wait(world)
    with world.database.write() as session:
        recruiter, reviewer = (
            staff(session, person.id) for person in (world.recruiter, world.reviewer)
        )
        submission = session.get_one(Submission, world.submission.id)
        revision = session.get_one(Revision, waiting.id)
        with pytest.raises(Forbidden):
            confirm_revision(session, reviewer, submission, revision, reason="I know her.")
        with pytest.raises(Forbidden):
            confirm_revision(session, STRANGER, submission, revision, reason="I am she.")
        with pytest.raises(ReasonMissing):
            confirm_revision(session, recruiter, submission, revision, reason=" ")
        confirm_revision(session, recruiter, submission, revision, reason="She said so.")
        with pytest.raises(RevisionSettled):
            confirm_revision(session, recruiter, submission, revision, reason="Again.")
        assert (revision.number, revision.confirm_reason) == (2, "She said so.")


def test_what_waits_is_seen_by_those_who_may_confirm_it(world: World) -> None:
    wait(world)
    with world.database.read() as session:
        submission = session.get_one(Submission, world.submission.id)
        seen = [
            len(list_revisions(session, staff(session, person.id), submission))
            for person in (world.recruiter, world.admin, world.reviewer)
        ]
    assert seen == [2, 2, 1]


def test_an_expired_revision_stays_and_counts_no_longer(world: World) -> None:
    waiting = wait(world)
    with world.database.write() as session:
        submission = session.get_one(Submission, world.submission.id)
        revision = session.get_one(Revision, waiting.id)
        with pytest.raises(Forbidden):
            expire_revision(session, candidate_of(world), submission, revision)
        expire_revision(session, SYSTEM, submission, revision)
        assert (revision.state, revision.number) == (RevisionState.EXPIRED, None)
        assert (submission.waiting, submission.revision) == (0, 1)
        with pytest.raises(RevisionSettled):
            confirm_revision(session, candidate_of(world), submission, revision)


def test_an_addition_is_the_newest_at_once_and_keeps_all_that_was(
    world: World, blobs: Blobs
) -> None:
    first, more = stored(world, blobs, "a.txt", b"a"), stored(world, blobs, "b.txt", b"b")
    one = AdditionInput.model_validate({"evidence": [{"title": "B", "files": ["a.txt"]}]})
    two = AdditionInput.model_validate(
        {"evidence": [{"title": "C", "files": ["b.txt"]}], "statement": "And this."}
    )
    for addition, file in ((one, first), (two, more)):
        with world.database.write() as session:
            submission = get_submission(session, candidate_of(world), world.submission.id)
            add_to_submission(session, candidate_of(world), submission, addition, [file])

    with world.database.read() as session:
        submission = session.get_one(Submission, world.submission.id)
        newest = get_revision(session, submission)
        before = get_revision(session, submission, 1)
        assert submission.revision == newest.number == 3
        assert [(e.number, e.title) for e in newest.evidence] == [
            (1, "A compiler"),
            (2, "B"),
            (3, "C"),
        ]
        assert [(f.name, f.evidence_number) for f in newest.files] == [("a.txt", 2), ("b.txt", 3)]
        assert newest.statement == "I made compilers.\n\nAnd this."
        assert newest.answers == before.answers
        assert "and this" in session.get_one(RevisionWords, newest.id).words
        assert [e.title for e in before.evidence] == ["A compiler"]
    assert sorted(refs(world)) == [1, 2]


def test_what_cannot_be_added(world: World) -> None:
    one = AdditionInput.model_validate({"evidence": [{"title": "B", "files": ["a.txt"]}]})
    many = AdditionInput.model_validate({"evidence": [{"title": "B"}] * 20})
    with world.database.write() as session:
        me = candidate_of(world)
        submission = get_submission(session, me, world.submission.id)
        with pytest.raises(ContentInvalid):
            add_to_submission(session, me, submission, one)
        with pytest.raises(TooMuchEvidence):
            add_to_submission(session, me, submission, many)
        with pytest.raises(Forbidden):
            add_to_submission(session, STRANGER, submission, many)
        submission.decision = Decision.REJECTED
        with pytest.raises(SubmissionEnded):
            add_to_submission(session, me, submission, one)


def test_access_is_given_and_taken_and_only_changes_are_events(world: World) -> None:
    with world.database.write() as session:
        me = staff(session, world.recruiter.id)
        submission = session.get_one(Submission, world.submission.id)
        for assigned in (True, True, False, True):
            set_access(session, me, submission, world.outsider.id, assigned=assigned)
        with pytest.raises(Forbidden):
            set_access(session, STRANGER, submission, world.outsider.id, assigned=True)
        access = session.exec(select(Access)).one()
        assert (access.user_id, access.assigned) == (world.outsider.id, True)
    assert names(world) == ["access.changed"] * 3


# Links


def test_a_link_opens_for_its_purpose_until_it_expires(world: World) -> None:
    with world.database.write() as session:
        link = make_link(
            session, SYSTEM, LinkPurpose.STATUS, lasts=HOUR, submission_id=world.submission.id
        )
        token = link_token(KEY, link)
        assert open_link(session, KEY, LinkPurpose.STATUS, token).id == link.id
        for key, purpose, guess in (
            (KEY, LinkPurpose.WITHDRAW, token),
            ("another key, also long enough!!", LinkPurpose.STATUS, token),
            (KEY, LinkPurpose.STATUS, token[:-1]),
            (KEY, LinkPurpose.STATUS, "é"),
        ):
            with pytest.raises(NotFound):
                open_link(session, key, purpose, guess)
        link.expires_at = utc_now()
        session.flush()
        with pytest.raises(LinkEnded):
            open_link(session, KEY, LinkPurpose.STATUS, token)


def test_revoking_ends_the_links_of_one_purpose_to_one_submission(world: World) -> None:
    with world.database.write() as session:
        for purpose in (LinkPurpose.STATUS, LinkPurpose.WITHDRAW):
            for sent in (world.submission, world.submission2):
                make_link(session, SYSTEM, purpose, lasts=HOUR, submission_id=sent.id)
        revoke_links(session, SYSTEM, LinkPurpose.STATUS, submission_id=world.submission.id)
        revoke_links(session, SYSTEM, LinkPurpose.STATUS, submission_id=world.submission.id)
        ended = session.exec(select(MailedLink).where(col(MailedLink.ended_at).is_not(None))).all()
        assert [(link.purpose, link.submission_id) for link in ended] == [
            (LinkPurpose.STATUS, world.submission.id)
        ]
    assert names(world).count("links.revoked") == 1


def test_asking_for_the_status_link_looks_nothing_up(world: World) -> None:
    for email in ("Ada@EXAMPLE.org", "nobody@example.org"):
        with world.database.write() as session:
            request_status_link(session, STRANGER, email, job_id=world.job_id)

    with world.database.read() as session:
        events = session.exec(select(EventRow).order_by(col(EventRow.id))).all()
        details = [session.get_one(EventDetail, event.id).detail for event in events]
        assert [event.payload for event in events] == [{"job_id": str(world.job_id)}] * 2
        assert details == [{"email_key": "ada@example.org"}, {"email_key": "nobody@example.org"}]


# Drafts

TYPED = [
    ("name", "A\x00B"),
    ("email", " ada@example.org "),
    ("links", "not a link"),
    ("x", "é👩‍👧"),
]


def begin(world: World, fields: list[tuple[str, str]] = TYPED) -> Draft:
    with world.database.write() as session:
        return save_draft(session, STRANGER, session.get_one(Job, world.job_id), fields)


def stage(world: World, draft: Draft, file: StoredFile, **limits: int) -> StagedFile:
    with world.database.write() as session:
        found = get_draft(session, KEY, draft_token(KEY, draft), for_change=True)
        most = {"most_files": 2, "most_bytes": 100, **limits}
        return stage_file(session, STRANGER, found, file, **most)


def test_a_draft_keeps_every_word_as_it_was_typed(world: World) -> None:
    draft = begin(world)

    with world.database.read() as session:
        found = get_draft(session, KEY, draft_token(KEY, draft))
        assert found.content == {"fields": [list(pair) for pair in TYPED]}
        assert found.email == "ada@example.org"
        with pytest.raises(NotFound):
            get_draft(session, "another key, also long enough!!", draft_token(KEY, draft))
        with pytest.raises(NotFound):
            get_draft(session, KEY, str(draft.id))


def test_a_draft_is_saved_again_under_the_same_token(world: World) -> None:
    draft = begin(world)
    with world.database.write() as session:
        found = get_draft(session, KEY, draft_token(KEY, draft), for_change=True)
        job = session.get_one(Job, world.job_id)
        save_draft(session, STRANGER, job, [("name", "Ada")], draft=found)
    with world.database.read() as session:
        again = get_draft(session, KEY, draft_token(KEY, draft))
        assert (again.content, again.email) == ({"fields": [["name", "Ada"]]}, "")
        assert again.updated_at > draft.created_at


def test_drafts_are_no_free_storage(world: World, blobs: Blobs) -> None:
    with pytest.raises(DraftTooLarge):
        begin(world, [("statement", "x" * 1024 * 1024)])
    draft = begin(world)
    with pytest.raises(DraftTooLarge):
        stage(world, draft, stored(world, blobs, "a.txt"), most_bytes=4)
    stage(world, draft, stored(world, blobs, "a.txt"))
    stage(world, draft, stored(world, blobs, "b.txt"))
    with pytest.raises(DraftTooLarge):
        stage(world, draft, stored(world, blobs, "c.txt"))
    with world.database.write() as session:
        session.get_one(Job, world.job_id).state = JobState.CLOSED
    with pytest.raises(JobClosed):
        begin(world)


def test_staged_files_are_counted_and_dropped(world: World, blobs: Blobs) -> None:
    draft = begin(world)
    one = stage(world, draft, stored(world, blobs, "a.txt", place="evidence-0-files"))
    stage(world, draft, stored(world, blobs, "b.txt", place="evidence-0-files"))
    assert refs(world) == [2]

    with world.database.write() as session:
        found = get_draft(session, KEY, draft_token(KEY, draft), for_change=True)
        drop_staged_file(session, STRANGER, found, one.id)
        with pytest.raises(NotFound):
            drop_staged_file(session, STRANGER, found, one.id)
    with world.database.read() as session:
        files = get_draft(session, KEY, draft_token(KEY, draft)).files
        assert [(file.name, file.place) for file in files] == [("b.txt", "evidence-0-files")]
    assert refs(world) == [1]


def test_a_draft_becomes_a_submission_and_is_gone(world: World, blobs: Blobs) -> None:
    draft = begin(world)
    staged = stage(world, draft, stored(world, blobs, "a.txt", place="evidence-0-files"))
    file = StoredFile(staged.name, staged.media_type, staged.size, staged.sha256, "there")
    content = SubmissionInput.model_validate(
        {
            "name": "Karen",
            "email": "karen@example.org",
            "consent": True,
            "evidence": [{"title": "IDF", "files": ["there"]}],
        }
    )
    with world.database.write() as session:
        found = get_draft(session, KEY, draft_token(KEY, draft), for_change=True)
        received = receive_submission(
            session,
            STRANGER,
            session.get_one(Job, world.job_id),
            content,
            [file],
            source=Source.FORM,
            consent_text="Yes.",
            consent_version="1",
        )
        remove_draft(session, STRANGER, found)

    with world.database.read() as session:
        newest = get_revision(session, session.get_one(Submission, received.submission_id))
        assert [(f.name, f.sha256) for f in newest.files] == [("a.txt", staged.sha256)]
        assert session.exec(select(Draft)).all() == []
        assert session.exec(select(StagedFile)).all() == []
    assert refs(world) == [1]
    assert names(world)[-2:] == ["submission.received", "draft.removed"]


def test_going_on_later_asks_the_worker_for_a_mail(world: World) -> None:
    draft = begin(world)
    with world.database.write() as session:
        found = get_draft(session, KEY, draft_token(KEY, draft), for_change=True)
        request_draft_link(session, STRANGER, found, "ada@example.com")
        make_link(session, SYSTEM, LinkPurpose.DRAFT, lasts=HOUR, draft_id=found.id)
    assert names(world)[-2:] == ["draft_link.requested", "link.made"]

    with world.database.write() as session:
        found = get_draft(session, KEY, draft_token(KEY, draft), for_change=True)
        assert found.email == "ada@example.com"
        remove_draft(session, STRANGER, found)
        assert session.exec(select(MailedLink)).all() == []
