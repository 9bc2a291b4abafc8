"""The list of submissions: what one line shows, page by page, in a constant number of queries."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col

from service.core.changes import Since, list_gone
from service.core.paging import Page, Place, Slice, fill
from service.core.scripts import mixes_scripts
from service.core.search import Term, terms_of
from service.domain.accounts.actor import Actor
from service.domain.desk.inputs import SubmissionFilter
from service.domain.desk.queries.excerpts import FoundHere, find_excerpts
from service.domain.desk.queries.filters import Order, joined, matching, order_of
from service.domain.desk.queries.steps import changed, gone
from service.domain.jobs.tables import Job, Stage
from service.domain.reviews.queries import visible_composite
from service.domain.reviews.tables import Assignment, AssignmentState
from service.domain.submissions.policy import runs
from service.domain.submissions.tables import Decision, Evidence, EvidenceKind, Revision, Submission


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
    place: Place

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
    return line.place


def _lines(
    session: Session,
    actor: Actor,
    conditions: Sequence[sa.ColumnElement[bool]],
    order: Order,
    after: Place | None,
    limit: int,
    terms: Sequence[Term],
) -> list[SubmissionLine]:
    wanted = [*conditions, order.beyond(after)] if after else conditions
    if terms:  # of many that are found, only those of the page are looked at closely
        page = joined(sa.select(col(Submission.id))).where(*wanted)
        wanted = [col(Submission.id).in_(page.order_by(*order.clauses()).limit(limit))]
    query = _columns(actor, order).where(*wanted).order_by(*order.clauses()).limit(limit)
    rows = session.connection().execute(query).all()
    revision_ids = [row.revision_id for row in rows]
    kinds = _evidence_kinds(session, revision_ids)
    done = reviews_done(session, [row.id for row in rows])
    excerpts = find_excerpts(session, terms, revision_ids) if terms else {}
    return [
        _line(
            row,
            kinds[row.revision_id],
            done[row.id],
            excerpts.get(row.revision_id, ()),
            len(order.keys),
        )
        for row in rows
    ]


def _columns(actor: Actor, order: Order) -> Any:
    columns: tuple[Any, ...] = (
        col(Submission.id),
        col(Job.slug).label("job"),
        col(Stage.key).label("stage"),
        col(Stage.name).label("stage_name"),
        col(Submission.decision),
        col(Revision.id).label("revision_id"),
        col(Revision.name),
        col(Revision.email),
        col(Submission.created_at).label("submitted_at"),
        col(Submission.updated_at),
        col(Submission.version),
        col(Submission.revision),
        col(Submission.waiting),
        col(Job.reviews_wanted),
        runs(actor).label("is_run_by_me"),
        visible_composite(actor).label("score"),
    )
    keys = (key.label(f"key_{number}") for number, key in enumerate(order.keys))
    return joined(sa.select(*columns, *keys))


def _evidence_kinds(
    session: Session, revision_ids: Sequence[UUID]
) -> defaultdict[UUID, list[EvidenceKind]]:
    """For each revision, one kind for each exhibit."""
    query = sa.select(col(Evidence.revision_id), col(Evidence.kind)).where(
        col(Evidence.revision_id).in_(revision_ids)
    )
    kinds: defaultdict[UUID, list[EvidenceKind]] = defaultdict(list)
    for revision_id, kind in session.connection().execute(query.order_by(col(Evidence.number))):
        kinds[revision_id].append(kind)
    return kinds


def reviews_done(session: Session, submission_ids: Sequence[UUID]) -> Counter[UUID]:
    query = sa.select(col(Assignment.submission_id)).where(
        col(Assignment.submission_id).in_(submission_ids),
        col(Assignment.state) == AssignmentState.DONE,
    )
    return Counter(session.connection().execute(query).scalars())


def _line(
    row: sa.Row[Any],
    kinds: Sequence[EvidenceKind],
    done: int,
    excerpts: Sequence[FoundHere],
    sort_keys: int,
) -> SubmissionLine:
    shown = row._asdict()
    mine = shown.pop("is_run_by_me")
    keys = [shown.pop(f"key_{number}") for number in range(sort_keys)]
    del shown["revision_id"]
    return SubmissionLine(
        **shown
        | {
            "waiting": row.waiting if mine else None,
            "evidence_count": len(kinds),
            "evidence_kinds": list(dict.fromkeys(kinds)),
            "reviews_done": done if mine else None,
            "reviews_wanted": row.reviews_wanted if mine else None,
            "excerpts": excerpts,
            "place": tuple(map(_portable, keys)),
        }
    )


def _portable(key: object) -> str | int | float:
    if isinstance(key, datetime):
        return key.isoformat()
    return key if isinstance(key, int | float) else str(key)
