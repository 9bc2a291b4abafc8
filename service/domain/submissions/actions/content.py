"""What was sent, as rows: evidence, and files in their places."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import update
from sqlmodel import Session, col

from service.core.blobs import Stored
from service.core.errors import Fault, Invalid, Unavailable
from service.core.upserts import insert_or_set
from service.domain.jobs.tables import Question, QuestionKind
from service.domain.submissions.actions.answers import AnswerRecord, find_answers, pointer
from service.domain.submissions.inputs import EvidenceInput, StoredFile, SubmissionInput
from service.domain.submissions.tables import (
    Blob,
    Evidence,
    SubmissionFile,
)


class ContentInvalid(Invalid):
    code = "submission_invalid"
    message = "Something is missing or cannot be used. See the errors."


class FileGone(Unavailable):
    """Swept since its arrival, which must have been more than a day ago."""

    code = "file_gone"
    message = "A file was lost on its way. Nothing was kept; send it again."


@dataclass(frozen=True)
class Place:
    """Where a file belongs: to an exhibit or to a question, as the content says."""

    reference: str
    pointer: str
    evidence_number: int | None = None
    question_key: str | None = None


@dataclass(frozen=True)
class Checked:
    """Content that fits the job's questions and the files that came with it."""

    answers: list[AnswerRecord]
    files: list[tuple[Place, StoredFile]]


def check_content(
    content: SubmissionInput, questions: Sequence[Question], files: Sequence[StoredFile]
) -> Checked:
    """Raises ContentInvalid with all that is wrong with answers and files."""
    answers, faults = find_answers(questions, content.answers)
    places = [*_evidence_places(content.evidence), *_answer_places(answers)]
    placed, file_faults = place_files(places, files)
    if faults or file_faults:
        raise ContentInvalid(faults=[*faults, *file_faults])
    names = {place.question_key: file.name for place, file in placed if place.question_key}
    for answer in answers:
        if answer["kind"] == QuestionKind.FILE.value:
            answer["value"] = names[str(answer["key"])]
    return Checked(answers, placed)


def check_evidence(
    evidence: Sequence[EvidenceInput], files: Sequence[StoredFile], *, first_number: int
) -> list[tuple[Place, StoredFile]]:
    """For evidence alone, numbered from `first_number`. Raises ContentInvalid."""
    placed, faults = place_files(_evidence_places(evidence, first_number), files)
    if faults:
        raise ContentInvalid(faults=faults)
    return placed


def place_files(
    places: Sequence[Place], files: Sequence[StoredFile]
) -> tuple[list[tuple[Place, StoredFile]], list[Fault]]:
    """Each file with its place: every mentioned file must be there, and every file mentioned.

    Files are named by their place among those sent: what was sent is never repeated.
    """
    counts = Counter(file.reference for file in files)
    known = {file.reference: file for file in files}
    mentioned = {place.reference for place in places}
    numbers = {file.reference: number for number, file in enumerate(files, 1)}
    faults = [
        Fault("/files", f"File {numbers[name]} has the name of another one. Rename it.")
        for name, count in counts.items()
        if count > 1
    ]
    faults += [
        Fault("/files", f"No piece of evidence and no answer mentions file {numbers[name]}.")
        for name in known
        if name not in mentioned
    ]
    faults += [
        Fault(place.pointer, "No file of this name was sent.")
        for place in places
        if place.reference not in known
    ]
    placed = [(place, known[place.reference]) for place in places if place.reference in known]
    return placed, faults


def add_evidence(
    session: Session, revision_id: UUID, evidence: Sequence[EvidenceInput], *, first_number: int
) -> list[Evidence]:
    rows = [
        Evidence(
            revision_id=revision_id,
            number=number,
            **piece.model_dump(exclude={"files"}),
        )
        for number, piece in enumerate(evidence, first_number)
    ]
    session.add_all(rows)
    return rows


def add_files(
    session: Session,
    revision_id: UUID,
    placed: Sequence[tuple[Place, StoredFile]],
    *,
    first_position: int = 0,
) -> list[SubmissionFile]:
    count_blobs(session, [file for _place, file in placed])
    rows = [
        SubmissionFile(
            revision_id=revision_id,
            evidence_number=place.evidence_number,
            question_key=place.question_key,
            position=position,
            name=file.name,
            media_type=file.media_type,
            size=file.size,
            sha256=file.sha256,
        )
        for position, (place, file) in enumerate(placed, first_position)
    ]
    session.add_all(rows)
    return rows


def announce_blob(session: Session, coming: Stored) -> None:
    """Note that these bytes arrive now: from here on no sweep takes them for a day.

    A sweep that takes them holds their row, so this waits for its end. In a transaction of its
    own, over before the bytes are put: so they are never put before they are taken away.
    """
    row = Blob(sha256=coming.sha256, size=coming.size)
    insert_or_set(session, row, ["sha256"], "created_at")


def count_blobs(session: Session, files: Sequence[StoredFile]) -> None:
    """Count one more row for the bytes of each file, which were announced. Raises FileGone."""
    counts = Counter(file.sha256 for file in files)
    for sha256, count in sorted(counts.items()):  # so that two senders never dead-lock
        more = update(Blob).where(col(Blob.sha256) == sha256)
        counted = session.connection().execute(more.values(refs=col(Blob.refs) + count))
        if counted.rowcount == 0:
            raise FileGone


def _evidence_places(evidence: Sequence[EvidenceInput], first_number: int = 1) -> list[Place]:
    return [
        Place(name, f"/evidence/{index}/files/{position}", evidence_number=first_number + index)
        for index, piece in enumerate(evidence)
        for position, name in enumerate(piece.files)
    ]


def _answer_places(answers: Sequence[AnswerRecord]) -> Iterator[Place]:
    for answer in answers:
        if answer["kind"] == QuestionKind.FILE.value:
            key = str(answer["key"])
            yield Place(str(answer["value"]), pointer(key), question_key=key)
