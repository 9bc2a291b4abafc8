"""From the fields of the application form to the one shape that every door sends in."""

from collections.abc import Sequence

from service.domain.jobs.tables import Question, QuestionKind
from service.domain.submissions.inputs import StoredFile
from service.web.typed import Typed

TEXTS = ("title", "claim", "contribution", "link", "started", "ended", "cannot_show")
YES_NO = {"yes": True, "no": False}


def submission_of(
    typed: Typed, questions: Sequence[Question], files: Sequence[StoredFile]
) -> dict[str, object]:
    """The content as SubmissionInput understands it. Empty exhibits but the first are left out."""
    typed.exhibits = [n for n in typed.exhibits if n == 0 or _exhibit(typed, n, files)]
    links = [line.strip() for line in typed.value("links").splitlines()]
    return {
        "name": typed.value("name"),
        "email": typed.value("email").strip(),
        "consent": bool(typed.value("consent")),
        "location": typed.value("location"),
        "statement": typed.value("statement"),
        "links": [line for line in links if line],
        "evidence": [_exhibit(typed, number, files) for number in typed.exhibits],
        "answers": _answers(typed, questions, files),
    }


def _exhibit(typed: Typed, number: int, files: Sequence[StoredFile]) -> dict[str, object]:
    at = f"evidence-{number}-"
    piece: dict[str, object] = {}
    for name in TEXTS:
        value = typed.value(at + name)
        if value.strip():
            piece[name] = value.strip() if name in {"link", "started", "ended"} else value
    if mine := [file.reference for file in files if _field(file) == f"{at}files"]:
        piece["files"] = mine
        piece.setdefault("title", next(f.name for f in files if _field(f) == f"{at}files"))
    vouchers = [
        {"name": typed.value(f"{at}vouchers-{n}-name"), "contact": contact}
        for n in range(5)
        if (contact := typed.value(f"{at}vouchers-{n}-contact"))
        or typed.value(f"{at}vouchers-{n}-name")
    ]
    if vouchers:
        piece["vouchers"] = vouchers
    if piece and (kind := typed.value(f"{at}kind")):
        piece["kind"] = kind
    if "link" in piece and "claim" not in piece:
        piece.setdefault("title", str(piece["link"])[:300])
    return piece


def _field(file: StoredFile) -> str:
    """The form field that a file came in by: its place without the counter."""
    return file.place.rpartition("/")[0]


def _answers(
    typed: Typed, questions: Sequence[Question], files: Sequence[StoredFile]
) -> dict[str, object]:
    answers: dict[str, object] = {}
    for question in questions:
        place = f"answers-{question.key}"
        if question.kind is QuestionKind.FILE:
            mine = [file.reference for file in files if _field(file) == place]
            value: object = mine[0] if mine else None
        else:
            value = _answer(question.kind, typed.values(place))
        if value not in (None, "", []):
            answers[question.key] = value
    return answers


def _answer(kind: QuestionKind, values: list[str]) -> object:
    text = values[0].strip() if values else ""
    if kind is QuestionKind.MULTI_CHOICE:
        return values
    if kind is QuestionKind.YES_NO:
        return YES_NO.get(text, text)
    if kind is QuestionKind.NUMBER:
        return _number(text)
    return text if kind is QuestionKind.DATE else (values[0] if values else "")


def _number(text: str) -> object:
    """A number as people type it, or the text itself, which is refused with a clear sentence."""
    if not text.isascii():
        return text
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return float(text)
    except ValueError:
        return text
