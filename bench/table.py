"""The figures, as JSON for programs and as a table for people."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from bench.measuring import Figure

HEAD = (
    "| call | database | size | ratio | spread | target | | p50 ms | p99 ms |",
    "|---|---|--:|--:|--:|--:|---|--:|--:|",
)


def write(figures: Sequence[Figure], folder: Path) -> str:
    """`results.json` and `results.md` in the folder; gives the table."""
    rows = [{name: _short(value) for name, value in asdict(one).items()} for one in figures]
    text = "\n".join([*HEAD, *map(_line, figures)]) + "\n"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "results.json").write_text(json.dumps(rows, indent=1) + "\n")
    (folder / "results.md").write_text(text)
    return text


def _line(one: Figure) -> str:
    sign = "≥" if one.better == "higher" else "≤"
    cells = (
        *(one.call, one.database, f"{one.size:,}".replace(",", " "), f"{one.ratio:.2f}"),
        *(f"{one.least:.2f}–{one.most:.2f}", f"{sign} {one.target:g}"),
        *("met" if one.is_met else "**missed**", f"{one.p50_ms:.1f}", f"{one.p99_ms:.1f}"),
    )
    return f"| {' | '.join(cells)} |"


def _short(value: object) -> object:
    return round(value, 4) if isinstance(value, float) else value
