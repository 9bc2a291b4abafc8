"""Which files say something, and what is not known yet."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, select

from service.core.extraction import CAN_READ
from service.domain.submissions.tables import FileText, SubmissionFile, TextState

MOST_AT_ONCE = 500


class TextShown(StrEnum):
    """Whether what a file says was read, so that it is searched; and why not."""

    WAITING = "waiting"
    READ = TextState.READ.value
    NONE = TextState.NONE.value
    ENCRYPTED = TextState.ENCRYPTED.value
    UNREADABLE = TextState.UNREADABLE.value


@dataclass(frozen=True)
class TextOfFile:
    """`pages` is None unless it is a PDF that was read."""

    state: TextShown
    pages: int | None = None


def find_texts(session: Session, files: Iterable[SubmissionFile]) -> Mapping[str, TextOfFile]:
    """By the files' SHA-256."""
    kinds = {file.sha256: file.media_type for file in files}
    query = select(FileText.sha256, FileText.state, FileText.pages)
    rows = session.exec(query.where(col(FileText.sha256).in_(kinds))).all()
    known = {sha256: (state, pages) for sha256, state, pages in rows}
    return {
        sha256: text_of_file(kind, *known.get(sha256, (None, None)))
        for sha256, kind in kinds.items()
    }


def text_of_file(media_type: str, state: TextState | None, pages: int | None) -> TextOfFile:
    """`state` is None as long as nobody has looked."""
    if state is not None:
        return TextOfFile(TextShown(state), pages)
    return TextOfFile(TextShown.WAITING if media_type in CAN_READ else TextShown.NONE)


def list_unread(session: Session, *conditions: ColumnElement[bool]) -> Sequence[tuple[str, str]]:
    """SHA-256 and media type of files under these conditions that can be read and were not."""
    query = (
        select(SubmissionFile.sha256, SubmissionFile.media_type)
        .outerjoin(FileText, col(FileText.sha256) == col(SubmissionFile.sha256))
        .where(col(SubmissionFile.media_type).in_(CAN_READ), col(FileText.id).is_(None))
    )
    return session.exec(query.where(*conditions).distinct().limit(MOST_AT_ONCE)).all()
