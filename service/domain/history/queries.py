"""What happened to a submission, in words, as far as the reader may know it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, tuple_
from sqlmodel import Session, col, select

from service.core.changes import Since, newer, sync_point
from service.core.outbox import ActorKind, EventDetail, EventRow
from service.core.paging import Page, Place, Slice, cut
from service.domain.accounts.actor import Actor
from service.domain.accounts.tables import User
from service.domain.history.sentences import (
    LETTERS,
    SENTENCES,
    TAKEN,
    names_about_oneself,
    names_for,
)
from service.domain.jobs.tables import Stage
from service.domain.reviews.policy import sees_scores, told_of_conflicts
from service.domain.submissions.policy import runs
from service.domain.submissions.tables import Submission

CANDIDATE = "The candidate"
SERVICE = "Exhibit"
SOMEBODY = "Somebody"
PERSONS = ("reviewer_id", "to_reviewer_id", "user_id")
STAGES = ("from_stage_id", "to_stage_id")


@dataclass(frozen=True)
class Entry:
    """One thing that happened. `reason` and `note` are empty for those they are not for."""

    id: UUID
    at: datetime
    name: str
    text: str
    by_kind: ActorKind
    by_id: UUID | None
    by_name: str
    reason: str = ""
    note: str = ""


@dataclass(frozen=True)
class _Sight:
    """What the reader may know: others' scores, and what those who run the hiring know."""

    is_judge: bool
    is_runner: bool

    @property
    def place(self) -> Place:
        return (self.is_judge, self.is_runner)


def list_history(
    session: Session,
    actor: Actor,
    submission: Submission,
    part: Slice,
    *,
    since: Since | None = None,
) -> Page[Entry]:
    """The newest first. That the actor may see the submission was asked before.

    With `since` what happened after it; all again when more or less may be known than then.
    """
    sight = _look(session, actor, submission)
    query = (
        select(EventRow, EventDetail)
        .outerjoin(EventDetail, col(EventDetail.id) == col(EventRow.id))
        .where(
            EventRow.subject_id == submission.id, _told_to(actor, sight), told_of_conflicts(actor)
        )
    )
    if since and (isinstance(since, datetime) or since[1:] == sight.place):
        query = query.where(newer(since))
    if part.after:
        at, id = datetime.fromisoformat(str(part.after[0])), UUID(str(part.after[1]))
        query = query.where(tuple_(col(EventRow.created_at), col(EventRow.id)) < (at, id))
    order = (col(EventRow.created_at).desc(), col(EventRow.id).desc())
    rows = session.exec(query.order_by(*order).limit(part.limit + 1)).all()
    entries = _tell(session, rows, sight)
    return cut(entries, part.limit, lambda entry: (entry.at.isoformat(), str(entry.id)))


def history_point(session: Session, actor: Actor, submission: Submission) -> Place:
    """Where the history is now, and what the actor may know of it."""
    return (*sync_point(session), *_look(session, actor, submission).place)


def _look(session: Session, actor: Actor, submission: Submission) -> _Sight:
    query = select(sees_scores(actor), runs(actor)).where(Submission.id == submission.id)
    sees, runner = session.exec(query.select_from(Submission)).one()
    return _Sight(is_judge=bool(sees), is_runner=bool(runner) or actor.is_system)


def _told_to(actor: Actor, sight: _Sight) -> ColumnElement[bool]:
    told = col(EventRow.name).in_(names_for(is_judge=sight.is_judge, is_runner=sight.is_runner))
    if actor.id is None:
        return told
    own = or_(
        col(EventRow.actor_id) == actor.id,
        col(EventRow.payload)["reviewer_id"].as_string() == str(actor.id),
    )
    return or_(told, and_(col(EventRow.name).in_(names_about_oneself()), own))


def _tell(
    session: Session, rows: Sequence[tuple[EventRow, EventDetail | None]], sight: _Sight
) -> list[Entry]:
    events = [event for event, _ in rows]
    people = _names(session, User, [*(e.actor_id for e in events), *_ids(events, PERSONS)])
    stages = _names(session, Stage, _ids(events, STAGES))
    return [_entry(event, detail, people, stages, sight) for event, detail in rows]


def _entry(
    event: EventRow,
    detail: EventDetail | None,
    people: Mapping[UUID, str],
    stages: Mapping[UUID, str],
    sight: _Sight,
) -> Entry:
    who = _who(event, people)
    why = detail.detail if detail and (sight.is_judge or sight.is_runner) else {}
    return Entry(
        id=event.id,
        at=event.created_at,
        name=event.name,
        text=_sentence(event, who, people, stages),
        by_kind=event.actor_kind,
        by_id=event.actor_id if event.actor_kind is ActorKind.USER else None,
        by_name=who,
        reason=str(why.get("reason") or ""),
        note=str(why.get("note") or ""),
    )


def _sentence(
    event: EventRow, who: str, people: Mapping[UUID, str], stages: Mapping[UUID, str]
) -> str:
    _, words = SENTENCES[event.name]
    if event.name == "reviewer.assigned" and str(event.actor_id) == event.payload["reviewer_id"]:
        words = TAKEN
    kind = str(event.payload.get("kind", ""))
    return words.format(
        who=who,
        reviewer=people.get(_id(event, "reviewer_id"), SOMEBODY),
        person=people.get(_id(event, "user_id"), SOMEBODY),
        to_reviewer=people.get(_id(event, "to_reviewer_id"), SOMEBODY),
        from_stage=stages.get(_id(event, "from_stage_id"), "a stage"),
        to_stage=stages.get(_id(event, "to_stage_id"), "a stage"),
        number=event.payload.get("number", ""),
        decision=event.payload.get("decision", ""),
        letter=LETTERS.get(kind, kind),
    )


def _who(event: EventRow, people: Mapping[UUID, str]) -> str:
    if event.actor_kind is ActorKind.CANDIDATE:
        return CANDIDATE
    if event.actor_kind is ActorKind.SYSTEM or event.actor_id is None:
        return SERVICE
    return people.get(event.actor_id, SOMEBODY)


def _names(
    session: Session, table: type[User] | type[Stage], ids: Iterable[UUID | None]
) -> dict[UUID, str]:
    wanted = {id for id in ids if id}
    query = select(table.id, table.name).where(col(table.id).in_(wanted))
    return dict(session.exec(query).all())


def _ids(events: Iterable[EventRow], names: Iterable[str]) -> list[UUID]:
    return [_id(event, name) for event in events for name in names if event.payload.get(name)]


def _id(event: EventRow, name: str) -> UUID:
    """The nil UUID when the event has no such thing."""
    return UUID(str(event.payload.get(name) or UUID(int=0)))
