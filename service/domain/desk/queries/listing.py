"""The list of submissions: what one line shows, page by page, in a constant number of queries."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col

from service.core.changes import Since, list_gone
from service.core.outbox import ActorKind
from service.core.paging import Page, Place, Slice, fill
from service.core.scripts import mixes_scripts
from service.core.search import Term, terms_of
from service.domain.accounts.actor import Actor, anybody
from service.domain.accounts.tables import Role
from service.domain.desk.inputs import SubmissionFilter
from service.domain.desk.queries.excerpts import FoundHere, find_excerpts
from service.domain.desk.queries.filters import Order, joined, matching, order_of
from service.domain.desk.queries.steps import changed, gone
from service.domain.jobs.tables import Job, Stage
from service.domain.reviews.queries import visible_composite
from service.domain.reviews.tables import Assignment, AssignmentState
from service.domain.submissions.policy import runs
from service.domain.submissions.tables import Decision, Evidence, EvidenceKind, Revision, Submission

ITSELF = 10  # columns that a line begins with, as they are


@dataclass(frozen=True)
class SubmissionLine:
    """One line. `score` is None while sealed; the reviews' numbers are for who runs the job.

    So is how many additions are `waiting`: nobody has confirmed yet that they are the person's.
    """

    id: UUID
    job: str
    stage: str
    stage_name: str
    decision: Decision | None
    name: str
    email: str
    submitted_at: datetime
    updated_at: datetime
    version: int
    revision: int
    waiting: int | None
    evidence_count: int
    evidence_kinds: Sequence[EvidenceKind]
    reviews_done: int | None
    reviews_wanted: int | None
    score: float | None
    excerpts: Sequence[FoundHere]
    keys: Sequence[object]  # what it is sorted by

    @property
    def mixed_script(self) -> bool:
        return mixes_scripts(self.name, self.email)


def list_submissions(
    session: Session,
    actor: Actor,
    wanted: SubmissionFilter,
    part: Slice,
    *,
    since: Since | None = None,
) -> Page[SubmissionLine]:
    """Lines in the order asked for; with `since` only what changed, and after it what is gone.

    Raises UnknownFilter.
    """
    conditions = matching(session, actor, wanted)
    order = order_of(session, actor, wanted.sort)
    fresh = [*conditions, changed(actor, since)] if since else conditions

    def lines(after: Place | None, limit: int) -> Sequence[SubmissionLine]:
        return _lines(session, actor, fresh, order, after, limit, terms_of(wanted.q or ""))

    if since is None:
        return fill(part, lines, _place, None)
    still = col(Submission.id).in_(joined(sa.select(col(Submission.id))).where(*conditions))
    left = list_gone(session, col(Submission.id), gone(actor, since, still))
    return fill(part, lines, _place, left)


def _place(line: SubmissionLine) -> Place:
    return tuple(map(_portable, line.keys))


def _lines(
    session: Session,
    actor: Actor,
    conditions: Sequence[sa.ColumnElement[bool]],
    order: Order,
    after: Place | None,
    limit: int,
    terms: Sequence[Term],
) -> list[SubmissionLine]:
    """First which, then what is shown of these few: no figure is made for a row that is not."""
    keys = [key.label(f"key_{number}") for number, key in enumerate(order.keys)]
    query = joined(sa.select(*keys)).where(*conditions).order_by(*order.clauses()).limit(limit)
    if after:
        query = query.where(order.beyond(after))
    connection = session.connection()
    places = connection.execute(query).all()
    asked = {"me": actor.id, "ids": [place[-1] for place in places]}
    shown = {row[0]: row for row in connection.execute(_shown(actor.kind, actor.roles), asked)}
    revision_ids = [row[-1] for row in shown.values()]
    excerpts = find_excerpts(session, terms, revision_ids) if terms else {}
    rows = [(shown[place[-1]], place) for place in places]  # one snapshot: each is there
    return [_line(row, place, excerpts.get(row[-1], ())) for row, place in rows]


@cache
def _shown(kind: ActorKind, roles: frozenset[Role]) -> Any:
    """What is shown of the submissions `ids` to whoever has these roles, whose id is `me`."""
    actor = anybody(kind, roles)
    query: Any = sa.select(  # in the order of a line's fields; what it has not itself at the end
        col(Submission.id),
        col(Job.slug),
        col(Stage.key),
        col(Stage.name),
        col(Submission.decision),
        col(Revision.name),
        col(Revision.email),
        col(Submission.created_at),
        col(Submission.updated_at),
        col(Submission.version),
        # ITSELF
        col(Submission.revision),
        col(Submission.waiting),
        col(Job.reviews_wanted),
        runs(actor),
        visible_composite(actor),
        _done(),
        _kinds(),
        col(Revision.id).label("revision_id"),
    )
    return joined(query).where(col(Submission.id).in_(sa.bindparam("ids", expanding=True)))


def _done() -> sa.ScalarSelect[int]:
    done = sa.select(sa.func.count()).where(
        col(Assignment.submission_id) == Submission.id,
        col(Assignment.state) == AssignmentState.DONE,
    )
    return done.correlate(Submission).scalar_subquery()


def _kinds() -> sa.ScalarSelect[str]:
    """`2:talk,1:open_source`: number and kind of each exhibit, in any order."""
    one = sa.cast(col(Evidence.number), sa.String) + ":" + sa.cast(col(Evidence.kind), sa.String)
    kinds = sa.select(sa.func.aggregate_strings(one, ","))
    return (
        kinds.where(col(Evidence.revision_id) == Revision.id).correlate(Revision).scalar_subquery()
    )


def reviews_done(session: Session, submission_ids: Sequence[UUID]) -> Counter[UUID]:
    query = sa.select(col(Assignment.submission_id)).where(
        col(Assignment.submission_id).in_(submission_ids),
        col(Assignment.state) == AssignmentState.DONE,
    )
    return Counter(session.connection().execute(query).scalars())


def _line(
    row: Sequence[Any], keys: Sequence[object], excerpts: Sequence[FoundHere]
) -> SubmissionLine:
    # Taken apart at once: to ask a row for each of its columns by name takes longer than all else.
    known, (revision, waiting, wanted, mine, score, done, kinds, _id) = row[:ITSELF], row[ITSELF:]
    in_order = _in_order(kinds or "")
    shown: tuple[Any, ...] = (
        *known,
        revision,
        waiting if mine else None,
        len(in_order),
        list(dict.fromkeys(in_order)),
        done if mine else None,
        wanted if mine else None,
        score,
        excerpts,
        keys,
    )
    return SubmissionLine(*shown)


@lru_cache(maxsize=1_000)  # most say one of a few things
def _in_order(kinds: str) -> Sequence[EvidenceKind]:
    pieces = [piece.split(":") for piece in kinds.split(",") if piece]
    return [EvidenceKind(kind) for _number, kind in sorted(pieces, key=lambda one: int(one[0]))]


def _portable(key: object) -> str | int | float:
    if isinstance(key, datetime):
        return key.isoformat()
    return key if isinstance(key, int | float) else str(key)
