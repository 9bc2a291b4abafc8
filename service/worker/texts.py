"""What files say: asked for when a revision comes, read in a process of its own, then found."""

from datetime import timedelta
from uuid import UUID, uuid5

from sqlmodel import Session, col, select

from service.core.blobs import BlobMissing
from service.core.clock import utc_now
from service.core.extraction import UNREADABLE, extract
from service.core.outbox import EventRow, Task, enqueue
from service.core.upserts import insert_new
from service.domain.submissions.actions.found_by import add_words_of_file, add_words_of_files
from service.domain.submissions.actions.texts import keep_text
from service.domain.submissions.tables import FileText, SubmissionFile
from service.domain.submissions.texts import list_unread
from service.doors.tools import Tools
from service.settings import Settings
from service.worker.work import Effect, Hopeless

KIND = "read_file"
TASKS_OF_FILES = UUID("0199c5e0-6a2e-7000-8000-7e87f11e5000")
ASKED_FOR = timedelta(hours=1)  # whatever came before was asked for, and waits or is lost


def ask_for_texts(session: Session, _settings: Settings, event: EventRow) -> None:
    """Of all files of a revision; what was read before is searched at once."""
    revision_id = UUID(str(event.payload["revision_id"]))
    for sha256, media_type in list_unread(session, col(SubmissionFile.revision_id) == revision_id):
        enqueue(session, KIND, sha256=sha256, media_type=media_type)
    add_words_of_files(session, revision_id)


def ask_for_lost_texts(session: Session) -> int:
    """Of files that nobody asked for: those that are older than their reading. Says how many."""
    lost = list_unread(session, col(SubmissionFile.created_at) < utc_now() - ASKED_FOR)
    for sha256, media_type in lost:
        payload: dict[str, object] = {"sha256": sha256, "media_type": media_type}
        task = Task(id=uuid5(TASKS_OF_FILES, sha256), kind=KIND, payload=payload)
        insert_new(session, task, ["id"])
    return len(lost)


def read_file(tools: Tools, task: Task) -> Effect:
    """Read one content, unless it was read meanwhile."""
    sha256, media_type = str(task.payload["sha256"]), str(task.payload["media_type"])
    with tools.database.read() as session:
        if session.exec(select(FileText.id).where(FileText.sha256 == sha256)).first():
            return lambda session: add_words_of_file(session, sha256)
    try:
        found = extract(tools.blobs.read(sha256), media_type)
    except BlobMissing as error:
        raise Hopeless("The file's bytes are gone.") from error
    return lambda session: keep_text(session, sha256, found)


def give_up(session: Session, task: Task, _error: str) -> None:
    """Its submissions are found by all else."""
    keep_text(session, str(task.payload["sha256"]), UNREADABLE)
