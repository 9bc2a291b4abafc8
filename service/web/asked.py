"""What came for questions that are asked no longer, or otherwise: shown and kept, never sent."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from service.core.errors import Fault
from service.domain.jobs.tables import Question, QuestionKind
from service.domain.submissions.tables import StagedFile
from service.doors.forms import Form
from service.doors.multipart import Upload
from service.web.fields import ANSWER, UNASKED

FIRST = "evidence-0-files"
LONGEST_DATE = 10
WORDS_STAY = (
    "This is no longer asked, or asked in another way. Your words stand here, for you to take over "
    "what you need; they are not sent."
)
FILE_MOVED = (
    "A file came for a question that is no longer asked. It belongs to this exhibit now: remove it "
    "here, or send it so."
)
ONE_FILE = "Only one file: tick the one to remove."


def as_asked(form: Form, questions: Sequence[Question]) -> tuple[Form, list[tuple[str, str]]]:
    """The form as the questions are now, and what to tell of it: place and sentence.

    Words that no field would show become `unasked-…`, files without a place go to an exhibit.
    """
    asked = {f"{ANSWER}{question.key}": question for question in questions}
    fields, uploads = [], []
    found: dict[str, str] = {}
    for name, value in form.fields:
        if not name.startswith(ANSWER) or _is_shown(asked.get(name), value):
            fields.append((name, value))
        elif value.strip():
            unasked = UNASKED + name.removeprefix(ANSWER)
            fields.append((unasked, value))
            found[unasked] = WORDS_STAY
    for upload in form.uploads:
        uploads.append(_placed(upload, asked))
        if uploads[-1] is not upload:
            found[FIRST] = FILE_MOVED
    return Form(fields, uploads), list(found.items())


def places_for_files(questions: Sequence[Question], exhibits: Sequence[int]) -> set[str]:
    """The form's fields that take files."""
    places = {f"evidence-{number}-files" for number in exhibits}
    return places | {f"{ANSWER}{one.key}" for one in questions if one.kind is QuestionKind.FILE}


def in_their_places(
    files: Sequence[StagedFile], questions: Sequence[Question], exhibits: Sequence[int]
) -> list[StagedFile]:
    """Files of a draft, each in a place that the form has: a copy, in the first exhibit, if not."""
    places = places_for_files(questions, exhibits)
    return [
        file
        if file.place in places
        else StagedFile(**file.model_dump(exclude={"place"}), place=FIRST)
        for file in files
    ]


def unasked_in(form: Form) -> Iterator[str]:
    """The names of fields that hold words for what is asked no longer."""
    return (name for name, _value in form.fields if name.startswith(UNASKED))


def too_many_files(answers: Mapping[str, object], questions: Sequence[Question]) -> Iterator[Fault]:
    """Of questions that are answered with one file."""
    for one in questions:
        if one.kind is QuestionKind.FILE and isinstance(answers.get(one.key), list):
            yield Fault(f"/answers/{one.key}", ONE_FILE)


def _is_shown(question: Question | None, value: str) -> bool:
    """Whether the question's field can show these words."""
    match question.kind if question else None:
        case None | QuestionKind.FILE:
            return False
        case QuestionKind.CHOICE | QuestionKind.MULTI_CHOICE:
            return question is not None and (not value or value in question.options)
        case QuestionKind.YES_NO:
            return value in {"", "yes", "no"}
        case QuestionKind.DATE:
            return len(value) <= LONGEST_DATE
    return True


def _placed(upload: Upload, asked: dict[str, Question]) -> Upload:
    question = asked.get(upload.field)
    if not upload.field.startswith(ANSWER) or (question and question.kind is QuestionKind.FILE):
        return upload
    return replace(upload, field=FIRST)
