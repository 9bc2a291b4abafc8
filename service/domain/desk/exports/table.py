"""What an export is: columns, and rows that come from the database as they are taken.

Only the ids of the submissions run through the server-side cursor; what belongs to them is fetched
batch by batch in the same snapshot. So memory stays flat and sorting is cheap, however many rows.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col

from service.core.errors import Fault, Invalid
from service.domain.accounts.actor import Actor, require
from service.domain.desk import policy
from service.domain.desk.inputs import ExportFilter
from service.domain.desk.queries.filters import joined, matching, order_of
from service.domain.desk.queries.steps import changed
from service.domain.submissions.policy import runs
from service.domain.submissions.tables import Revision, Submission

BATCH = 100

Record = dict[str, Any]


class UnknownColumn(Invalid):
    code = "unknown_column"
    message = "This export has no such column. See docs/exports.md."


@dataclass(frozen=True)
class Chosen:
    """A submission on its way out, and its newest revision."""

    id: UUID
    revision_id: UUID


@dataclass(frozen=True)
class Export:
    """Each row has a value for each column, and perhaps more. `close` lets go of the cursor."""

    columns: Sequence[str]
    rows: Iterator[Record]
    close: Callable[[], None]


def open_export(
    session: Session,
    actor: Actor,
    asked: ExportFilter,
    columns: Sequence[str],
    records: Callable[[Sequence[Chosen]], Iterable[Record]],
) -> Export:
    """Rights, filter and columns are checked here and the query begins; rows come later.

    Only of submissions whose job the actor runs: who merely reviews takes nothing away.
    Raises Forbidden, UnknownFilter, UnknownColumn.
    """
    require(policy.may_export(actor))
    conditions = [*matching(session, actor, asked), runs(actor)]
    if asked.updated_since:
        conditions.append(changed(actor, asked.updated_since))
    ids = joined(sa.select(col(Submission.id), col(Revision.id)))
    query = ids.where(*conditions).order_by(*order_of(session, actor, asked.sort).clauses())
    shown = _shown(columns, asked.columns.split(",")) if asked.columns else columns
    result = session.connection().execute(query, execution_options={"yield_per": BATCH})
    return Export(shown, _rows(result, records), result.close)


def _shown(known: Sequence[str], wanted: Sequence[str]) -> Sequence[str]:
    """Only those wanted, in that order. Raises UnknownColumn."""
    faults = [
        Fault("/columns", f"Name {number} is no column of this export, or given twice.")
        for number, name in enumerate(wanted, 1)
        if name not in known or name in wanted[: number - 1]
    ]
    if faults:
        raise UnknownColumn(faults=faults)
    return wanted


def _rows(
    result: sa.CursorResult[Any], records: Callable[[Sequence[Chosen]], Iterable[Record]]
) -> Iterator[Record]:
    for part in result.partitions():
        yield from records([Chosen(row.id, row.revision_id) for row in part])


def fetch(session: Session, query: sa.Executable) -> Sequence[sa.Row[Any]]:
    """What belongs to one batch."""
    return session.connection().execute(query).all()
