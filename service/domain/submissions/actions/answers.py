"""Answers to a job's questions, checked against the questions."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date

from pydantic_core import PydanticCustomError

from service.core.errors import Fault, Invalid
from service.core.words import Line, Text
from service.domain.jobs.tables import Question, QuestionKind

SHORT = Line(500)
LONG = Text(20_000)
FILE_NAME = Line(255)
INT64 = 2**63
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

AnswerRecord = dict[str, object]


class AnswersInvalid(Invalid):
    code = "answers_invalid"
    message = "Some answers are missing or cannot be used. See the errors."


def check_answers(
    questions: Sequence[Question], answers: Mapping[str, object]
) -> list[AnswerRecord]:
    """The answers as they are stored, in the order of the questions.

    What is empty counts as not answered. A file question is answered with the file's reference.
    Raises AnswersInvalid with a fault at `/answers/<key>` for each thing wrong.
    """
    records, faults = find_answers(questions, answers)
    if faults:
        raise AnswersInvalid(faults=faults)
    return records


def find_answers(
    questions: Sequence[Question], answers: Mapping[str, object]
) -> tuple[list[AnswerRecord], list[Fault]]:
    """Like `check_answers`, for whoever wants to collect faults from elsewhere too."""
    known = {question.key for question in questions}
    faults = [
        Fault(pointer(key), "This job has no such question.") for key in answers if key not in known
    ]
    records: list[AnswerRecord] = []
    for question in questions:
        given = answers.get(question.key)
        if _is_empty(given):
            if question.required:
                faults.append(Fault(pointer(question.key), "Answer this question."))
            continue
        try:
            value = _READERS[question.kind](question, given)
        except PydanticCustomError as error:
            faults.append(Fault(pointer(question.key), error.message()))
        else:
            records.append(_record(question, value))
    return records, faults


def pointer(key: str) -> str:
    """Where the answer to a question is in what was sent."""
    return "/answers/" + key.replace("~", "~0").replace("/", "~1")


def _record(question: Question, value: object) -> AnswerRecord:
    kind = question.kind.value
    return {"key": question.key, "question": question.text, "kind": kind, "value": value}


def _is_empty(value: object) -> bool:
    return value is None or value == [] or (isinstance(value, str) and not value.strip())


def _fault(message: str) -> PydanticCustomError:
    return PydanticCustomError("answer", "{said}", {"said": message})


def _text(given: object) -> str:
    if not isinstance(given, str):
        raise _fault("Answer with text.")
    return given


def _choice(question: Question, given: object) -> object:
    if given not in question.options:
        raise _fault("Choose one of the options.")
    return given


def _choices(question: Question, given: object) -> object:
    chosen = given if isinstance(given, list) else [None]
    if any(choice not in question.options for choice in chosen):
        raise _fault("Choose from the options, as a list.")
    return [option for option in question.options if option in chosen]


def _number(_question: Question, given: object) -> object:
    if isinstance(given, bool) or not isinstance(given, int | float):
        raise _fault("Answer with a number.")
    if not math.isfinite(given) or not -INT64 <= given < INT64:
        raise _fault("This number is too large.")
    return given


def _date(_question: Question, given: object) -> object:
    text = _text(given)
    if not _DATE.fullmatch(text) or not _is_real(text):
        raise _fault("Answer with a date, as 2026-03-31.")
    return text


def _is_real(day: str) -> bool:
    try:
        date.fromisoformat(day)
    except ValueError:
        return False
    return True


def _yes_no(_question: Question, given: object) -> object:
    if not isinstance(given, bool):
        raise _fault("Answer with yes or no.")
    return given


def _file(_question: Question, given: object) -> object:
    if not isinstance(given, str):
        raise _fault("Answer with one file.")
    return FILE_NAME.clean(given)


_READERS: dict[QuestionKind, Callable[[Question, object], object]] = {
    QuestionKind.SHORT: lambda _question, given: SHORT.clean(_text(given)),
    QuestionKind.LONG: lambda _question, given: LONG.clean(_text(given)),
    QuestionKind.CHOICE: _choice,
    QuestionKind.MULTI_CHOICE: _choices,
    QuestionKind.NUMBER: _number,
    QuestionKind.DATE: _date,
    QuestionKind.YES_NO: _yes_no,
    QuestionKind.FILE: _file,
}
