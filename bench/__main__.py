"""`make bench SIZE=…`: fill, serve, measure, and say how far each call is from its floor."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Annotated

import typer

from bench.calls import Measured, changes, deepest, growth, reads, submit
from bench.kept import filled
from bench.load import CONNECTIONS, Load
from bench.measuring import Figure, busiest, is_idle_enough, measure
from bench.running import Target, serving
from bench.table import write
from bench.taking_away import can_measure_export, measure_export

CACHE = Path("var/bench")
FOLDER = Path(__file__).parent
SMALLER = 10
MOST_ONCE = 300  # submissions changed in one round


def main(
    size: Annotated[int, typer.Argument(help="Submissions.", min=100)],
    databases: Annotated[str, typer.Option(help="Which, with a comma.")] = "sqlite,postgresql",
    rounds: Annotated[int, typer.Option(help="How often each is measured.")] = 7,
    seconds: Annotated[float, typer.Option(help="How long each round takes.")] = 1.5,
    only: Annotated[str, typer.Option(help="Calls to measure, with a comma; else all.")] = "",
    cache: Annotated[Path, typer.Option(help="Where filled databases are kept.")] = CACHE,
    results: Annotated[Path, typer.Option(help="Where the results go.")] = FOLDER,
) -> None:
    """Measure, print the table, and write results.json and results.md."""
    cache, wanted = cache.resolve(), only.split(",") if only else []
    figures: list[Figure] = []
    with Load() as load:
        for kind in databases.split(","):
            with ExitStack() as held:
                large = held.enter_context(serving(held.enter_context(filled(kind, size, cache))))
                small = held.enter_context(
                    serving(held.enter_context(filled(kind, size // SMALLER, cache)))
                )
                for one in _figures(load, large, small, rounds, seconds, wanted):
                    print(f"{one.call}, {kind}: {one.ratio:.2f}", flush=True)
                    figures.append(one)
    print(write(figures, results))


def _figures(
    load: Load, large: Target, small: Target, rounds: int, seconds: float, wanted: list[str]
) -> Iterator[Figure]:
    for call in _calls(large, small, rounds):
        if not wanted or call.name in wanted:
            yield from _measured(load, large, call, rounds, seconds)
    if (not wanted or "export" in wanted) and can_measure_export(large):
        yield from measure_export(load, large, rounds)


def _calls(large: Target, small: Target, rounds: int) -> Iterator[Measured]:
    """Those that change something last."""
    once = min(MOST_ONCE, len(large.staff.waiting) // 2 // (rounds + 1))
    once = max(CONNECTIONS, once) if once >= CONNECTIONS else once
    yield from reads(large)
    yield deepest(large)
    yield from growth(large, small)
    yield submit(large, once)
    yield from changes(large, once, rounds)


def _measured(
    load: Load, target: Target, call: Measured, rounds: int, seconds: float
) -> Iterator[Figure]:
    found = measure(load, call.sides(), rounds, seconds)
    for ratio in call.ratios:
        if ratio.under == "empty" and not is_idle_enough(found, "empty"):
            print(f"the load took {busiest(found, 'empty'):.0%} of its processor", flush=True)
        ratios = found.ratios(ratio.over, ratio.under)
        p50, p99 = found.latencies(ratio.shown)
        yield Figure(
            ratio.call,
            target.filled.kind,
            target.filled.size,
            median(ratios),
            ratio.target,
            ratio.better,
            p50,
            p99,
            min(ratios),
            max(ratios),
        )


if __name__ == "__main__":
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(main)
    app()
