"""What reviewers gave, in figures: one column per criterion of each rubric version.

Only locked scorecards count, and only of submissions whose scores are open to the actor.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col

from service.domain.accounts.actor import Actor
from service.domain.desk.exports.table import Record, fetch
from service.domain.desk.inputs import ExportFilter
from service.domain.desk.queries.filters import joined, matching
from service.domain.jobs.tables import Criterion, Job, Rubric
from service.domain.reviews.policy import sees_scores
from service.domain.reviews.tables import Rating, Recommendation, Scorecard, ScorecardState
from service.domain.submissions.policy import runs
from service.domain.submissions.tables import Submission

FIGURES = ("median", "mean", "max", "n")
RECOMMENDED = {word: f"recommended_{word}" for word in Recommendation}


@dataclass(frozen=True)
class ExportCriterion:
    """One criterion of one rubric version, and what its columns' names begin with."""

    criterion_id: UUID
    name: str


def columns_of(name: str) -> list[str]:
    return [f"{name}_{figure}" for figure in FIGURES]


def list_criteria(session: Session, actor: Actor, asked: ExportFilter) -> Sequence[ExportCriterion]:
    """By job, rubric version and place in the rubric: also those that nobody was judged by yet.

    A name is the criterion's key; with `v2_` before it when the job has several versions, and with
    the job's slug and a dot before all when the export is not of one job.
    """
    jobs = joined(sa.select(col(Submission.job_id)))
    mine = jobs.where(*matching(session, actor, asked), runs(actor))
    wanted = col(Job.slug) == asked.job if asked.job else col(Job.id).in_(mine)
    query = (
        sa.select(col(Criterion.id), col(Criterion.key), col(Rubric.number), col(Job.slug))
        .join(Rubric, col(Rubric.id) == col(Criterion.rubric_id))
        .join(Job, col(Job.id) == col(Rubric.job_id))
        .where(wanted)
        .order_by(col(Job.id), col(Rubric.number), col(Criterion.position), col(Criterion.id))
    )
    found = fetch(session, query)
    versions: defaultdict[str, set[int]] = defaultdict(set)
    for row in found:
        versions[row.slug].add(row.number)
    return [
        ExportCriterion(
            row.id,
            ("" if asked.job else f"{row.slug}.")
            + (f"v{row.number}_" if len(versions[row.slug]) > 1 else "")
            + row.key,
        )
        for row in found
    ]


def fetch_figures(
    session: Session, actor: Actor, ids: Sequence[UUID], criteria: Sequence[ExportCriterion]
) -> Mapping[UUID, Record]:
    """The figures of each submission whose scores are open; sealed ones are not in it."""
    names = {criterion.criterion_id: criterion.name for criterion in criteria}
    levels: defaultdict[UUID, defaultdict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    query = _open(sa.select(col(Submission.id), col(Rating.criterion_id), col(Rating.level)), actor)
    query = query.join(Rating, col(Rating.scorecard_id) == col(Scorecard.id))
    for row in fetch(session, query.where(col(Submission.id).in_(ids))):
        if row.level is not None and row.criterion_id in names:
            levels[row.id][names[row.criterion_id]].append(row.level)
    opinions = _opinions(session, actor, ids)
    return {id: _figures(levels[id], names.values()) | opinions[id] for id in opinions}


def _open(query: Any, actor: Actor) -> Any:
    locked = col(Scorecard.state) == ScorecardState.LOCKED
    return (
        query.select_from(Submission)
        .join(Scorecard, col(Scorecard.submission_id) == col(Submission.id))
        .where(locked, sees_scores(actor))
    )


def _opinions(session: Session, actor: Actor, ids: Sequence[UUID]) -> dict[UUID, Record]:
    query = _open(
        sa.select(col(Submission.id), col(Scorecard.recommendation), col(Scorecard.forecast)), actor
    )
    words: defaultdict[UUID, Counter[str]] = defaultdict(Counter)
    forecasts: defaultdict[UUID, list[int]] = defaultdict(list)
    for row in fetch(session, query.where(col(Submission.id).in_(ids))):
        words[row.id][row.recommendation] += 1
        forecasts[row.id] += [] if row.forecast is None else [row.forecast]
    return {
        id: {name: said[word] for word, name in RECOMMENDED.items()}
        | {"mean_forecast": fmean(forecasts[id]) if forecasts[id] else None}
        for id, said in words.items()
    }


def _figures(levels: Mapping[str, Sequence[int]], names: Iterable[str]) -> Record:
    found: Record = {}
    for name in names:
        given = levels.get(name, ())
        values = (median(given), fmean(given), max(given)) if given else (None, None, None)
        found |= zip(columns_of(name), (*values, len(given)), strict=True)
    return found
