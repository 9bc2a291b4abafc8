"""A submission as plain form fields, put into the same shape that JSON has; and back to fields."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from service.core.errors import Fault
from service.core.words import is_blank
from service.domain.jobs.tables import Question, QuestionKind

LINE_FIELDS = ("name", "email", "location", "statement")
EVIDENCE_FIELDS = (
    "kind",
    "title",
    "claim",
    "contribution",
    "link",
    "started",
    "ended",
    "cannot_show",
)
_EVIDENCE = re.compile(r"evidence-([0-9]{1,2})-(" + "|".join(EVIDENCE_FIELDS) + r"|files)")
_VOUCHER = re.compile(r"evidence-([0-9]{1,2})-vouchers-([0-9])-(name|contact)")
_ANSWER = re.compile(r"answer-(.{1,40})")
_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")
_DECIMAL = re.compile(r"[+-]?[0-9]{1,30}[.][0-9]{1,30}")
_YES, _NO = {"on", "yes", "true", "1"}, {"no", "false", "0"}

Row = dict[str, Any]


@dataclass
class FormContent:
    """`content` has the shape of SubmissionInput; `rows` are the form's numbers of its evidence."""

    content: dict[str, Any] = field(default_factory=dict)
    rows: list[int] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def name_exhibits(self, names: Mapping[str, str]) -> None:
        """A link or a file alone is an exhibit too: it is called by its address or its name.

        `names` are those of the files, by what they are mentioned by.
        """
        for piece in self.content["evidence"]:
            if is_blank(str(piece.get("title", ""))) and is_blank(str(piece.get("claim", ""))):
                called = piece.get("link") or next((names[f] for f in piece.get("files", [])), "")
                if called:
                    piece["title"] = str(called)[:300]

    def field_of(self, pointer: str) -> str:
        """The form field that a fault is about, for showing it there."""
        parts = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
        match parts:
            case ["evidence", index, name, *rest] if index.isdecimal():
                number = self.rows[int(index)] if int(index) < len(self.rows) else int(index)
                more = rest if name == "vouchers" else []
                return "-".join(["evidence", str(number), name, *more])
            case ["evidence", *_]:
                return "evidence"
            case ["answers", key, *_]:
                return f"answer-{key}"
            case [name, *_]:
                return name
        return ""


def place_names(upload_fields: Sequence[str]) -> list[str]:
    """What each upload is mentioned by: its field, numbered where a field has several."""
    seen: Counter[str] = Counter()
    names = []
    for name in upload_fields:
        names.append(f"{name}/{seen[name]}")
        seen[name] += 1
    return names


def content_of_form(
    fields: Iterable[tuple[str, str]],
    upload_fields: Sequence[str],
    questions: Sequence[Question],
    *,
    beside: Iterable[str] = (),
) -> FormContent:
    """Fields are `name`, `email`, `location`, `consent`, `statement`, `links` (one a line, or
    repeated), `evidence-<n>-<field>`, `evidence-<n>-vouchers-<m>-name`, `answer-<question key>`.

    Of one exhibit, the plain names `title`, `claim`, … and the upload `files` are enough. Names in
    `beside` belong to the page; others are faults.
    """
    reading = _Reading(set(beside))
    for name, value in fields:
        reading.take(name, value)
    for name, place in zip(upload_fields, place_names(upload_fields), strict=True):
        reading.take_upload(name, place)
    return reading.finished({question.key: question.kind for question in questions})


class _Reading:
    def __init__(self, beside: set[str]) -> None:
        self.beside = beside
        self.out = FormContent()
        self.rows: dict[int, Row] = defaultdict(dict)
        self.vouchers: dict[int, dict[int, Row]] = defaultdict(lambda: defaultdict(dict))
        self.answers: dict[str, list[str]] = defaultdict(list)

    def take(self, name: str, value: str) -> None:
        if name in self.beside:
            return
        if name in LINE_FIELDS:
            self._set(self.out.content, name, name, value)
        elif name == "consent":
            self._set(self.out.content, name, name, value.strip().lower() in _YES)
        elif name == "links":
            links = self.out.content.setdefault("links", [])
            links.extend(line.strip() for line in value.splitlines() if line.strip())
        elif name in EVIDENCE_FIELDS:
            self._set_row(0, name, name, value)
        elif (found := _EVIDENCE.fullmatch(name)) and found[2] != "files":
            self._set_row(int(found[1]), found[2], name, value)
        elif found := _VOUCHER.fullmatch(name):
            voucher = self.vouchers[int(found[1])][int(found[2])]
            if value.strip():
                self._set(voucher, found[3], name, value)
        elif found := _ANSWER.fullmatch(name):
            self.answers[found[1]].append(value)
        else:
            self._refuse(name, "There is no such field.")

    def take_upload(self, name: str, place: str) -> None:
        if name == "files":
            self.rows[0].setdefault("files", []).append(place)
        elif (found := _EVIDENCE.fullmatch(name)) and found[2] == "files":
            self.rows[int(found[1])].setdefault("files", []).append(place)
        elif found := _ANSWER.fullmatch(name):
            self.answers[found[1]].append(place)
        else:
            self._refuse(name, "There is no such file field.")

    def finished(self, kinds: Mapping[str, QuestionKind]) -> FormContent:
        for number, vouchers in self.vouchers.items():
            named = [voucher for _place, voucher in sorted(vouchers.items()) if voucher]
            if named:
                self.rows[number]["vouchers"] = named
        self.out.content.setdefault("consent", False)  # a box without its tick is not sent
        said = {number: row for number, row in self.rows.items() if set(row) - {"kind"}}
        self.out.rows = sorted(said) or [0]
        self.out.content["evidence"] = [said.get(number, {}) for number in self.out.rows]
        self.out.content["answers"] = {
            key: _answer(kinds.get(key), values) for key, values in self.answers.items()
        }
        return self.out

    def _set_row(self, number: int, key: str, name: str, value: str) -> None:
        """What was left empty is as if it had not been sent."""
        if value.strip():
            self._set(self.rows[number], key, name, value)

    def _set(self, target: Row, key: str, name: str, value: object) -> None:
        if key in target:
            self._refuse(name, "This was given more than once.")
        target[key] = value

    def _refuse(self, name: str, detail: str) -> None:
        self.out.faults.append(Fault(f"/{name[:80].replace('~', '~0').replace('/', '~1')}", detail))


def _answer(kind: QuestionKind | None, values: list[str]) -> object:
    """What the text in a form means for a question of this kind; what it cannot mean stays text."""
    if kind is QuestionKind.MULTI_CHOICE:
        return [value for value in values if value]
    if len(values) > 1:
        return values
    text = values[0].strip()
    if kind is QuestionKind.NUMBER and _INTEGER.fullmatch(text):
        return int(text)
    if kind is QuestionKind.NUMBER and _DECIMAL.fullmatch(text):
        return float(text)
    if kind is QuestionKind.YES_NO and text.lower() in _YES | _NO:
        return text.lower() in _YES
    return values[0]
