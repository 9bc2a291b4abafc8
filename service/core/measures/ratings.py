"""Ratings that people gave to things, as all the measures take them. Unknown to NumPy."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple


class Rating(NamedTuple):
    """`rater` gave `value` to `thing`. What was not given is simply not there."""

    thing: str
    rater: str
    value: float


def by_thing(ratings: Iterable[Rating]) -> list[list[float]]:
    """The values of each thing, in the order in which the things come first."""
    found: defaultdict[str, list[float]] = defaultdict(list)
    for one in ratings:
        found[one.thing].append(one.value)
    return list(found.values())


def shared(ratings: Sequence[Rating]) -> list[Rating]:
    """Those of things that two or more rated: only these tell something about agreement."""
    times: defaultdict[str, int] = defaultdict(int)
    for one in ratings:
        times[one.thing] += 1
    return [one for one in ratings if times[one.thing] > 1]


def pools(ratings: Iterable[Rating]) -> list[list[Rating]]:
    """The ratings, parted so that no rater of one part shares a thing with a rater of another.

    The largest part comes first. Raters of different parts cannot be compared: whether one is
    strict, or was given weaker things, nobody can tell.
    """
    head: dict[tuple[str, str], tuple[str, str]] = {}

    def find(one: tuple[str, str]) -> tuple[str, str]:
        while head.setdefault(one, one) != one:
            head[one] = head[head[one]]
            one = head[one]
        return one

    given = list(ratings)
    for one in given:
        head[find(("thing", one.thing))] = find(("rater", one.rater))
    parts: defaultdict[tuple[str, str], list[Rating]] = defaultdict(list)
    for one in given:
        parts[find(("rater", one.rater))].append(one)
    return sorted(parts.values(), key=len, reverse=True)
