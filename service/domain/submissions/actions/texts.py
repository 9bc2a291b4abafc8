"""What files say, read once for each content, by whoever has the time for it."""

from sqlmodel import Session, select

from service.core.extraction import Extracted
from service.core.upserts import insert_new
from service.domain.submissions.actions.found_by import add_words_of_file
from service.domain.submissions.tables import Blob, FileText, TextState


def keep_text(session: Session, sha256: str, found: Extracted) -> None:
    """What was read in a content, or why nothing was; what it was sent with is found by it now."""
    there = select(Blob.id).where(Blob.sha256 == sha256)
    if session.exec(there.with_for_update(read=True, key_share=True)).first() is None:
        return  # swept meanwhile
    state = TextState(found.state)
    row = FileText(sha256=sha256, state=state, text=found.text, pages=found.pages)
    insert_new(session, row, ["sha256"])
    if found.text:
        add_words_of_file(session, sha256)
