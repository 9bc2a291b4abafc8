"""A list in a form: lines to write into, each with a place to put it in order by."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from service.core.errors import Fault, Invalid
from service.web.keys import key_of
from service.web.typed import Typed, whole

EMPTY = 3  # lines to write more into
LAST = 10_000  # the place of a line that has none; all others are smaller
STEP = 10  # so that a line can be put between two


@dataclass(frozen=True)
class Lines:
    """One list of a form: lines named `stages-0-name`. A line whose `called` is empty is none.

    `usual` says what an empty line begins with.
    """

    name: str
    called: str
    usual: Mapping[str, str] = field(default_factory=dict)

    def fill(self, rows: Sequence[Mapping[str, object]]) -> Typed:
        """The form as it is now."""
        values: dict[str, object] = {}
        for number, row in enumerate(rows):
            values |= {f"{self.name}-{number}-{name}": value for name, value in row.items()}
            values[f"{self.name}-{number}-place"] = STEP * (number + 1)
        return Typed.filled(**values)

    def to_show(self, typed: Typed) -> range:
        """The numbers of the lines to show: those there are, and some empty ones."""
        numbers = range(self._count(typed))
        for number in numbers:
            for name, value in self.usual.items():
                typed.fields.setdefault(f"{self.name}-{number}-{name}", [value])
        return numbers

    def numbers(self, typed: Typed) -> list[int]:
        """The lines that have a name, in the order that was asked for."""
        used = [n for n in range(self._count(typed)) if self.value(typed, n, self.called)]
        return sorted(used, key=lambda n: self._place(typed, n) or 0)

    def check_places(self, typed: Typed, numbers: Sequence[int]) -> None:
        """A place that cannot be understood is not taken for the last one. Raises Invalid."""
        places = [self._place(typed, number) for number in numbers]
        said = f"Enter a whole number from 0 to {LAST - 1}."
        faults = [
            Fault(f"/{self.name}/{line}/place", said)
            for line, place in enumerate(places)
            if place is None
        ]
        if faults:
            raise Invalid(faults=faults)

    def value(self, typed: Typed, number: int, name: str) -> str:
        return typed.value(f"{self.name}-{number}-{name}").strip()

    def keys(self, typed: Typed, numbers: Sequence[int]) -> list[str]:
        """The keys known, and one made for each new line."""
        keys = [self.value(typed, number, "key") for number in numbers]
        for place, number in enumerate(numbers):
            name = self.value(typed, number, self.called)
            keys[place] = keys[place] or key_of(name, keys, otherwise=self.name[:-1])
        return keys

    def field_of(self, numbers: Sequence[int]) -> Callable[[str], str]:
        """From the place of a fault to the field of the line it is about."""

        def find(pointer: str) -> str:
            _list, number, name, *_deeper = [*pointer.strip("/").split("/"), "", ""]
            if not number.isdecimal() or int(number) >= len(numbers):
                return ""
            shown = self.called if name in {"key", ""} else name
            return f"{self.name}-{numbers[int(number)]}-{shown}"

        return find

    def _count(self, typed: Typed) -> int:
        return sum(name.endswith("-key") for name in typed.fields) + EMPTY

    def _place(self, typed: Typed, number: int) -> int | None:
        """None when it is something else than a number that has a meaning."""
        place = whole(self.value(typed, number, "place"))
        if place is None:
            return LAST
        return place if isinstance(place, int) and place < LAST else None
