"""Sides that are measured in turn, round after round, so that all meet the same weather."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median, quantiles
from typing import Literal

from bench.load import BUSIEST, Load, Request, Result

Ask = Callable[[int], Sequence[Request]]  # so many requests

FIRST = 16
MOST = 4_000


@dataclass(frozen=True)
class Side:
    """What is asked of whom. A side with `once` has but so many requests in each round."""

    place: tuple[str, int]
    ask: Ask
    once: int = 0


@dataclass(frozen=True)
class Figure:
    """One line of the table: the median of the rounds' ratios, and the least and the most."""

    call: str
    database: str
    size: int
    ratio: float
    target: float
    better: Literal["higher", "lower"]
    p50_ms: float
    p99_ms: float
    least: float
    most: float

    @property
    def is_met(self) -> bool:
        if self.better == "higher":
            return self.ratio >= self.target
        return self.ratio <= self.target


@dataclass(frozen=True)
class Rounds:
    """Per side, its rounds."""

    sides: Mapping[str, Sequence[Result]]

    def ratios(self, over: str, under: str) -> list[float]:
        """Of throughput, round by round."""
        pairs = zip(self.sides[over], self.sides[under], strict=True)
        return [one.rate / other.rate for one, other in pairs]

    def latencies(self, side: str) -> tuple[float, float]:
        """Half of the answers took less than the first, of a hundred but one less than the second;
        in milliseconds.
        """
        all_of_them = [1000 * each for result in self.sides[side] for each in result.latencies]
        if len(all_of_them) == 1:
            return all_of_them[0], all_of_them[0]
        return median(all_of_them), quantiles(all_of_them, n=100, method="inclusive")[-1]


def measure(load: Load, sides: Mapping[str, Side], rounds: int, seconds: float) -> Rounds:
    """The first round of each warms up, and says how many requests fill `seconds`."""
    counts = {name: _count(load, side, seconds) for name, side in sides.items()}
    found: dict[str, list[Result]] = {name: [] for name in sides}
    for _ in range(rounds):
        for name, side in sides.items():
            found[name].append(load.run(side.place, side.ask(counts[name])))
    return Rounds(found)


def _count(load: Load, side: Side, seconds: float) -> int:
    if side.once:
        load.run(side.place, side.ask(side.once))
        return side.once
    load.run(side.place, side.ask(FIRST))
    rate = load.run(side.place, side.ask(FIRST)).rate
    return max(FIRST, min(MOST, round(rate * seconds)))


def busiest(rounds: Rounds, side: str) -> float:
    """How much of a processor the load itself took; too much, and it is the load that is slow."""
    return max(result.busy for result in rounds.sides[side])


def is_idle_enough(rounds: Rounds, side: str) -> bool:
    return busiest(rounds, side) < BUSIEST
