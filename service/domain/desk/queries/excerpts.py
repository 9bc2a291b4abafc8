"""Where in a submission a search was found, for the lines of one page only."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col

from service.core.excerpts import Piece, excerpt_of
from service.core.search import Term
from service.domain.submissions.tables import Evidence, FileText, Revision, SubmissionFile

MOST_SHOWN = 3  # of one submission
FILES_AT_ONCE = 10  # their texts are long


class FoundIn(StrEnum):
    """What part of a submission."""

    PERSON = "person"
    STATEMENT = "statement"
    EVIDENCE = "evidence"
    ANSWER = "answer"
    FILE_NAME = "file_name"
    FILE = "file"


@dataclass(frozen=True)
class FoundHere:
    """Some words with marks. `name` says of which piece of evidence, question or file."""

    place: FoundIn
    name: str
    pieces: Sequence[Piece]


@dataclass(frozen=True)
class _Text:
    place: FoundIn
    name: str
    text: str


class _Search:
    """What was found in one submission so far, and what was not."""

    def __init__(self, terms: Sequence[Term]) -> None:
        self.missing = list(terms)
        self.found: list[FoundHere] = []

    @property
    def is_over(self) -> bool:
        return not self.missing or len(self.found) == MOST_SHOWN

    def look(self, texts: Iterable[_Text]) -> None:
        """For terms that were not found before."""
        for one in texts:
            if self.is_over:
                return
            if excerpt := excerpt_of(one.text, self.missing):
                self.found.append(FoundHere(one.place, one.name, excerpt.pieces))
                self.missing = [term for term in self.missing if term not in excerpt.terms]


def find_excerpts(
    session: Session, terms: Sequence[Term], revision_ids: Sequence[UUID]
) -> Mapping[UUID, Sequence[FoundHere]]:
    """By the revision's id. Long texts are looked at last, and only for what is missing."""
    searches: dict[UUID, _Search] = {id: _Search(terms) for id in revision_ids}
    typed = _typed(session, revision_ids)
    for id, search in searches.items():
        search.look(typed[id])
    unfinished = [id for id, search in searches.items() if not search.is_over]
    for id, text in _in_files(session, revision_ids, unfinished):
        searches[id].look([text])
    return {id: search.found for id, search in searches.items()}


def _typed(session: Session, revision_ids: Sequence[UUID]) -> Mapping[UUID, list[_Text]]:
    texts: defaultdict[UUID, list[_Text]] = defaultdict(list)
    names = ("id", "name", "email", "location", "links", "statement", "answers")
    query = sa.select(*(col(getattr(Revision, name)) for name in names))
    rows = session.connection().execute(query.where(col(Revision.id).in_(revision_ids))).all()
    for row in rows:
        person = [row.name, row.email, row.location, *row.links]
        texts[row.id] += [_Text(FoundIn.PERSON, "", text) for text in person]
        texts[row.id].append(_Text(FoundIn.STATEMENT, "", row.statement))
    for id, text in _evidence(session, revision_ids):
        texts[id].append(text)
    for row in rows:
        texts[row.id] += [_answer(answer) for answer in row.answers]
    return texts


def _evidence(session: Session, revision_ids: Sequence[UUID]) -> Iterator[tuple[UUID, _Text]]:
    parts = ("title", "claim", "contribution", "cannot_show", "link", "vouchers")
    columns = ("revision_id", "number", *parts)
    query = sa.select(*(col(getattr(Evidence, name)) for name in columns))
    mine = query.where(col(Evidence.revision_id).in_(revision_ids)).order_by(col(Evidence.number))
    for row in session.connection().execute(mine):
        name = row.title or str(row.number)
        vouchers = [str(text) for voucher in row.vouchers for text in voucher.values()]
        for text in (*(getattr(row, part) or "" for part in parts[:-1]), *vouchers):
            yield row.revision_id, _Text(FoundIn.EVIDENCE, name, text)


def _answer(answer: Mapping[str, Any]) -> _Text:
    value = answer.get("value", "")
    text = " ".join(map(str, value)) if isinstance(value, list) else str(value)
    return _Text(FoundIn.ANSWER, str(answer.get("question", "")), text)


def _in_files(
    session: Session, revision_ids: Sequence[UUID], unfinished: Sequence[UUID]
) -> Iterator[tuple[UUID, _Text]]:
    """Their names, and what they say where that is needed; not all at once."""
    wanted = col(SubmissionFile.revision_id).in_(unfinished)
    query = (
        sa.select(
            col(SubmissionFile.revision_id),
            col(SubmissionFile.name),
            sa.case((wanted, sa.func.coalesce(col(FileText.text), "")), else_="").label("text"),
        )
        .outerjoin(FileText, col(FileText.sha256) == col(SubmissionFile.sha256))
        .where(col(SubmissionFile.revision_id).in_(revision_ids))
        .order_by(col(SubmissionFile.position))
    )
    rows = session.connection().execute(query, execution_options={"yield_per": FILES_AT_ONCE})
    for row in rows:
        yield row.revision_id, _Text(FoundIn.FILE_NAME, row.name, row.name)
        yield row.revision_id, _Text(FoundIn.FILE, row.name, row.text)
