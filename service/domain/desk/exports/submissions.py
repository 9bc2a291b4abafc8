"""Submissions to take away: one row each, wide, with scores, decision and outcome."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from statistics import fmean
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col

from service.domain.accounts.actor import Actor
from service.domain.desk.exports.scores import (
    RECOMMENDED,
    ExportCriterion,
    columns_of,
    fetch_figures,
    list_criteria,
)
from service.domain.desk.exports.table import Chosen, Export, Record, fetch, open_export
from service.domain.desk.inputs import ExportFilter
from service.domain.desk.queries.filters import joined
from service.domain.desk.queries.listing import reviews_done
from service.domain.jobs.tables import Job, Stage
from service.domain.outcomes.tables import Outcome
from service.domain.pipeline.tables import DecisionRecord
from service.domain.reviews.policy import sees_scores
from service.domain.reviews.queries import visible_composite
from service.domain.submissions.tables import Evidence, Revision, Submission

EVIDENCE_SHOWN = 3
EVIDENCE_PARTS = ("kind", "title", "claim", "contribution", "link")

WHO_AND_WHERE = (
    "id",
    "job",
    "stage",
    "stage_name",
    "decision",
    "submitted_at",
    "updated_at",
    "version",
    "revision",
    "waiting",
    "name",
    "email",
    "location",
    "links",
    "statement",
    "answers",
)
EVIDENCE = (
    "evidence_count",
    *(
        f"evidence_{number}_{part}"
        for number in range(1, EVIDENCE_SHOWN + 1)
        for part in EVIDENCE_PARTS
    ),
)
SCORES = (
    "reviews_done",
    "reviews_wanted",
    "scores_open",
    "score",
    *RECOMMENDED.values(),
    "mean_forecast",
)
END = (
    "decided_at",
    "decision_reason",
    "decision_note",
    "decision_against_champion",
    "decision_score",
    "decision_snapshot",
    "outcome_at",
    "outcome_succeeded",
    "outcome_note",
)
COLUMNS = (*WHO_AND_WHERE, *EVIDENCE, *SCORES, *END)


def stream_submissions(session: Session, actor: Actor, asked: ExportFilter) -> Export:
    """The criteria's columns come after those that every export has."""
    criteria = list_criteria(session, actor, asked)
    wide = [column for criterion in criteria for column in columns_of(criterion.name)]

    def records(chosen: Sequence[Chosen]) -> Iterator[Record]:
        return _records(session, actor, chosen, criteria, blank=dict.fromkeys(wide))

    return open_export(session, actor, asked, [*COLUMNS, *wide], records)


def _records(
    session: Session,
    actor: Actor,
    chosen: Sequence[Chosen],
    criteria: Sequence[ExportCriterion],
    blank: Record,
) -> Iterator[Record]:
    ids = [one.id for one in chosen]
    about = {row.id: row._asdict() for row in fetch(session, _about(actor, ids))}
    evidence = _evidence(session, [one.revision_id for one in chosen])
    done = reviews_done(session, ids)
    figures = fetch_figures(session, actor, ids, criteria)
    decisions, outcomes = _decisions(session, ids), _outcomes(session, ids)
    for one in chosen:
        known = about[one.id]
        yield {
            **dict.fromkeys(COLUMNS),
            **blank,
            **known,
            **evidence[one.revision_id],
            "reviews_done": done[one.id],
            **figures.get(one.id, {}),
            **_decision(decisions.get(one.id), scores_open=known["scores_open"]),
            **outcomes.get(one.id, {}),
        }


def _about(actor: Actor, ids: Sequence[UUID]) -> Any:
    query = sa.select(
        col(Submission.id),
        col(Job.slug).label("job"),
        col(Stage.key).label("stage"),
        col(Stage.name).label("stage_name"),
        col(Submission.decision),
        col(Submission.created_at).label("submitted_at"),
        *(
            col(getattr(Submission, name))
            for name in ("updated_at", "version", "revision", "waiting")
        ),
        *(
            col(getattr(Revision, name))
            for name in ("name", "email", "location", "links", "statement", "answers")
        ),
        col(Job.reviews_wanted),
        sa.cast(sees_scores(actor), sa.Boolean).label("scores_open"),
        visible_composite(actor).label("score"),
        col(Submission.decided_at),
    )
    return joined(query).where(col(Submission.id).in_(ids))


def _evidence(session: Session, revision_ids: Sequence[UUID]) -> Mapping[UUID, Record]:
    """The first exhibits by number, and how many there are in all."""
    query = sa.select(
        col(Evidence.revision_id), *(col(getattr(Evidence, part)) for part in EVIDENCE_PARTS)
    ).where(col(Evidence.revision_id).in_(revision_ids))
    found: defaultdict[UUID, Record] = defaultdict(lambda: {"evidence_count": 0})
    for row in fetch(session, query.order_by(col(Evidence.number))):
        record = found[row.revision_id]
        record["evidence_count"] = number = record["evidence_count"] + 1
        if number <= EVIDENCE_SHOWN:
            record |= {f"evidence_{number}_{part}": getattr(row, part) for part in EVIDENCE_PARTS}
    return found


def _decisions(session: Session, ids: Sequence[UUID]) -> Mapping[UUID, sa.Row[Any]]:
    """Those that stand."""
    names = ("submission_id", "reason", "note", "against_champion", "snapshot")
    standing = sa.select(*(col(getattr(DecisionRecord, name)) for name in names)).where(
        col(DecisionRecord.submission_id).in_(ids), col(DecisionRecord.taken_back_at).is_(None)
    )
    rows = fetch(session, standing.order_by(col(DecisionRecord.id)))
    return {row.submission_id: row for row in rows}


def _decision(row: sa.Row[Any] | None, *, scores_open: bool) -> Record:
    """The scores that were frozen are sealed as the scores themselves are."""
    if row is None:
        return {}
    said = {"decision_reason": row.reason, "decision_note": row.note}
    if not scores_open:
        return said
    cards = row.snapshot.get("scorecards", [])
    composites = [card["composite"] for card in cards if card["composite"] is not None]
    mean = fmean(composites) if composites else None
    said |= {"decision_against_champion": row.against_champion}
    return {**said, "decision_score": mean, "decision_snapshot": cards}


def _outcomes(session: Session, ids: Sequence[UUID]) -> Mapping[UUID, Record]:
    query: Any = sa.select(
        col(Outcome.submission_id),
        col(Outcome.at).label("outcome_at"),
        col(Outcome.succeeded).label("outcome_succeeded"),
        col(Outcome.note).label("outcome_note"),
    )
    # A hire that was taken back has none: it would spoil what the figures are for.
    hires = query.join(DecisionRecord, col(DecisionRecord.id) == col(Outcome.decision_id)).where(
        col(Outcome.submission_id).in_(ids), col(DecisionRecord.taken_back_at).is_(None)
    )
    rows = fetch(session, hires)
    return {row.submission_id: row._asdict() for row in rows}
