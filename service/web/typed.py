"""What was typed into a form, with what is wrong beside each field, so that nothing is lost."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from pydantic import ValidationError

from service.core.errors import Fault, Refusal
from service.core.idempotency import KeyReused, StillRunning
from service.doors.forms import Form
from service.doors.refusals import faults_of, status_of
from service.web.fields import OURS, UNASKED

DETAIL = ("title", "contribution", "started", "ended", "cannot_show", "vouchers-0-name")
ABOUT = ("statement", "location", "links")
MOST_EXHIBITS = 20
LONGEST_NUMBER = 9  # digits
_NUMBERS = {str(number) for number in range(MOST_EXHIBITS)}


class KeptFile(Protocol):
    """A file that was uploaded before; `place` is the field it was put into."""

    @property
    def place(self) -> str: ...


@dataclass
class Typed:
    """Fields by name, each with all its values. `found` holds what is wrong: place and sentence.

    `missed` are files that were chosen and could not be kept, by place and name: nobody sends
    without them who does not say so. `saved` says whether what was typed is kept on the server.
    `labels` are those of the fields that the page shows, in its order.
    """

    fields: dict[str, list[str]] = field(default_factory=dict)
    found: list[tuple[str, str]] = field(default_factory=list)
    kept: Sequence[KeptFile] = ()
    missed: list[tuple[str, str]] = field(default_factory=list)
    saved: bool = True
    draft: str = ""
    invited: str = ""
    exhibits: list[int] = field(default_factory=lambda: [0])
    field_of: Callable[[str], str] | None = None
    labels: dict[str, str] = field(default_factory=dict)
    part: str = ""

    @classmethod
    def of(cls, form: Form) -> "Typed":
        fields: dict[str, list[str]] = {}
        for name, value in form.fields:
            if name not in OURS:
                fields.setdefault(name, []).append(value)
        return cls(
            fields,
            draft=form.get("draft"),
            invited=form.get("invited"),
            exhibits=exhibits_in(fields),
        )

    @classmethod
    def filled(cls, **values: object) -> "Typed":
        """A form as it is shown first."""
        return cls({name: [str(v)] for name, v in values.items() if v not in (None, "", False)})

    def value(self, place: str) -> str:
        return self.fields.get(place, [""])[0]

    def values(self, place: str) -> list[str]:
        return self.fields.get(place, [])

    def faults(self, place: str) -> list[str]:
        return [text for at, text in self.found if at == place]

    def missed_at(self, place: str) -> list[str]:
        return [name for at, name in self.missed if at == place]

    def staged(self, place: str) -> list[KeptFile]:
        return [file for file in self.kept if file.place == place]

    @property
    def unasked(self) -> dict[str, str]:
        """By field, words for what the job asks no longer, or asks otherwise now."""
        return {
            name: "\n".join(values)
            for name, values in self.fields.items()
            if name.startswith(UNASKED)
        }

    def blame(self, faults: Iterable[Fault]) -> None:
        """Put each fault beside its field, unless something was said there before."""
        said = {place for place, _text in self.found}
        placed = [(self.place_of(fault.pointer), fault.detail) for fault in faults]
        self.found += [(place, text) for place, text in placed if place not in said]

    def refused(self, error: Refusal | ValidationError) -> int:
        """Put what is wrong beside the fields, or on top; returns the status to answer with."""
        if isinstance(error, ValidationError):
            self.blame(faults_of(error.errors()))
            return 422
        self.blame(error.faults)
        if not error.faults:
            self.found.append(("", in_words(error)))
        return status_of(error)

    @property
    def mistaken(self) -> int:
        return len(self.found)

    @property
    def mistaken_fields(self) -> int:
        """What is wrong with fields; other things can stand in the way too."""
        return sum(1 for place, _text in self.found if place in self.labels)

    def within(self, part: str) -> str:
        """The fields that follow belong to this part of the page, which has others called alike."""
        self.part = part
        return ""

    def show(self, place: str, label: str) -> str:
        """The page shows this field here, so that what is wrong can be listed as it is read."""
        self.labels.setdefault(place, f"{label} ({self.part})" if self.part else label)
        return ""

    @property
    def all_faults(self) -> list[tuple[str, str]]:
        """Once the fields were shown: place and sentence in their order, each with its label.

        What is about no field of the page comes first, with an empty place.
        """
        order = {place: number for number, place in enumerate(self.labels)}
        lines = sorted(self.found, key=lambda line: order.get(line[0], -1))
        return [
            (place, f"{_led(self.labels[place])} {text}") if place in order else ("", text)
            for place, text in lines
        ]

    @property
    def about(self) -> bool:
        return any(self.value(place) or self.faults(place) for place in ABOUT)

    def detailed(self, number: int) -> bool:
        """Whether an exhibit's details hold something, or something wrong."""
        places = [f"evidence-{number}-{name}" for name in DETAIL]
        return any(self.value(place).strip() or self.faults(place) for place in places)

    def place_of(self, pointer: str) -> str:
        """The field that a fault of the content is about. Forms of another shape name it so."""
        return self.field_of(pointer) if self.field_of else pointer.strip("/").replace("/", "-")


def _led(label: str) -> str:
    """A question needs no colon."""
    return label if label.endswith("?") else f"{label}:"


def exhibits_in(fields: dict[str, list[str]]) -> list[int]:
    """The numbers of the exhibits a form has fields for; the first is always there."""
    numbers = {0}
    for name in fields:
        parts = name.split("-")
        if parts[0] == "evidence" and len(parts) > 2 and parts[1] in _NUMBERS:  # noqa: PLR2004
            numbers.add(int(parts[1]))
    return sorted(numbers)


def in_words(refusal: Refusal) -> str:
    """The refusal for somebody who looks at a form, which has a hidden key, and sees it again."""
    if isinstance(refusal, KeyReused):
        return (
            "What you sent before was taken. You changed something since: press again to send it "
            "too."
        )
    if isinstance(refusal, StillRunning):
        return "This is being done already. Press again in a moment to see how it ended."
    return str(refusal)


def whole(text: str) -> int | str | None:
    """A whole number; None when nothing was typed; else the text, to be refused with the rest."""
    text = text.strip()
    short = len(text) <= LONGEST_NUMBER and text.isascii() and text.isdecimal()
    return int(text) if short else text or None


def said_of(error: Refusal | ValidationError) -> tuple[int, str]:
    """A status and a sentence for a page."""
    if isinstance(error, ValidationError):
        return 422, " ".join(fault.detail for fault in faults_of(error.errors()))
    said = dict.fromkeys([in_words(error), *(fault.detail for fault in error.faults)])
    return status_of(error), " ".join(said)
