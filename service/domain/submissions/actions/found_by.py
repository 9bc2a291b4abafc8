"""What a revision is found by: the tokens of what was typed, and of what its files say."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, or_, select

from service.core.db import load_lists
from service.core.search import stored
from service.core.upserts import insert_new
from service.domain.jobs.tables import QuestionKind
from service.domain.submissions.tables import (
    Evidence,
    FileText,
    Revision,
    RevisionWords,
    SubmissionFile,
)

FORM = 1  # of the tokens: raise it when they are made otherwise, and all are made anew
# Bytes of all tokens of one revision: PostgreSQL's index takes 1 MiB of them, and more is an error.
MOST_PERSON, MOST_WORDS = 100_000, 900_000
BETWEEN = " | "  # no token of a text: what stands in two fields stands nowhere side by side


def add_words(
    session: Session,
    revision: Revision,
    evidence: Sequence[Evidence],
    files: Sequence[SubmissionFile],
) -> None:
    """For a new revision, from what was typed; what its files say is added when they are read."""
    session.add(words_of(revision, evidence, files, {}))
    session.flush()


def add_missing_words(session: Session, limit: int) -> int:
    """For at most so many revisions that have none, or of an older form; says how many."""
    query = (
        select(Revision)
        .outerjoin(RevisionWords, col(RevisionWords.id) == col(Revision.id))
        .where(or_(col(RevisionWords.id).is_(None), col(RevisionWords.form) < FORM))
        .order_by(col(Revision.id))
        .limit(limit)
    )
    return _make_anew(session, query)


def add_words_of_file(session: Session, sha256: str) -> None:
    """For all revisions that this content was sent with."""
    sent = select(SubmissionFile.revision_id).where(SubmissionFile.sha256 == sha256)
    _make_anew(session, select(Revision).where(col(Revision.id).in_(sent)))


def add_words_of_files(session: Session, revision_id: UUID) -> None:
    """For one revision, whose files were read before it came."""
    _make_anew(session, select(Revision).where(Revision.id == revision_id))


def _make_anew(session: Session, query: Any) -> int:
    """The rows are locked before texts are looked at: of two texts at once, none is overlooked."""
    revisions = session.exec(query.options(*load_lists(Revision.evidence, Revision.files))).all()
    mine = col(RevisionWords.id).in_([revision.id for revision in revisions])
    locked = select(RevisionWords).where(mine).order_by(col(RevisionWords.id)).with_for_update()
    rows = {row.id: row for row in session.exec(locked).all()}
    texts = _texts(session, [file.sha256 for one in revisions for file in one.files])
    for revision in revisions:
        new = words_of(revision, revision.evidence, revision.files, texts)
        if row := rows.get(revision.id):
            row.form, row.person, row.words = new.form, new.person, new.words
        else:
            insert_new(session, new, ["id"])
    session.flush()
    return len(revisions)


def _texts(session: Session, hashes: Iterable[str]) -> Mapping[str, str]:
    query = select(FileText.sha256, FileText.text).where(col(FileText.sha256).in_(set(hashes)))
    return dict(session.exec(query).all())


def words_of(
    revision: Revision,
    evidence: Sequence[Evidence],
    files: Sequence[SubmissionFile],
    texts: Mapping[str, str],
) -> RevisionWords:
    said = [texts.get(file.sha256, "") for file in files]
    return RevisionWords(
        id=revision.id,
        form=FORM,
        person=_joined(_person(revision, evidence, files), MOST_PERSON),
        words=_joined([*_work(revision, evidence), *said], MOST_WORDS),
    )


def _person(
    revision: Revision, evidence: Sequence[Evidence], files: Sequence[SubmissionFile]
) -> Iterator[str]:
    """What may tell who it is."""
    yield from (revision.name, revision.email, revision.location, *revision.links)
    for piece in evidence:
        yield piece.link or ""
        yield from (str(text) for voucher in piece.vouchers for text in voucher.values())
    yield from (file.name for file in files)


def _work(revision: Revision, evidence: Sequence[Evidence]) -> Iterator[str]:
    yield revision.statement
    for piece in evidence:
        yield from (piece.title, piece.claim, piece.contribution, piece.cannot_show)
    for answer in revision.answers:
        if answer.get("kind") != QuestionKind.FILE.value:  # that is the name of a file
            value = answer.get("value", "")
            yield " ".join(map(str, value)) if isinstance(value, list) else str(value)


def _joined(texts: Iterable[str], most: int) -> str:
    """Tokens of all texts, as far as there is room."""
    found: list[str] = []
    left = most
    for text in texts:
        tokens = stored(text)
        if (size := len(tokens.encode())) > left:
            found.append(_beginning(tokens, left))
            break
        if tokens:
            found.append(tokens)
            left -= size + len(BETWEEN)
    return BETWEEN.join(found)


def _beginning(tokens: str, size: int) -> str:
    """Whole tokens of at most so many bytes."""
    cut = tokens.encode()[: max(size, 0)].decode(errors="ignore")
    return cut.rpartition(" ")[0]
