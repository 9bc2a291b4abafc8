"""Figures come from a process of its own; nobody else ever holds what works them out."""

import subprocess
import sys

import pytest

from service.core import calculation
from service.core.calculation import CalculationFailed, calculate, can_calculate
from service.core.measures.calculator import measure

RATINGS = [
    [f"t{thing}", f"r{rater}", (thing + rater) % 4] for thing in range(12) for rater in range(3)
]
ASKED = {
    "seed": 1,
    "scales": {"composite": {"metric": "interval", "ratings": RATINGS}},
    "strictness": "composite",
}
HELD = """
import sys
import service.app, service.server, service.worker.loop
from service.core.calculation import calculate
calculate({asked})
print(sorted({{"numpy", "scipy"}} & set(sys.modules)))
"""


def test_a_process_of_its_own_says_the_same() -> None:
    found, here = calculate(ASKED), measure(ASKED)

    assert found["strictness"]["state"] == "known"
    assert found["scales"]["composite"]["alpha"] == here["scales"]["composite"]["alpha"]
    assert found["strictness"]["noise"] == here["strictness"]["noise"]


def test_neither_server_nor_worker_hold_what_works_figures_out() -> None:
    done = subprocess.run(
        [sys.executable, "-c", HELD.format(asked=ASKED)], capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("limits", [(1, 30, 40), (0, 30, 1_024)], ids=["memory", "time"])
def test_what_takes_too_much_is_a_failure(
    monkeypatch: pytest.MonkeyPatch, limits: tuple[int, int, int]
) -> None:
    for name, limit in zip(("CPU_SECONDS", "SECONDS", "MEGABYTES"), limits, strict=True):
        monkeypatch.setattr(calculation, name, limit)

    with pytest.raises(CalculationFailed):
        calculate(ASKED)


def test_whether_it_can_be_done_is_asked_without_loading_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert can_calculate()

    monkeypatch.setattr(calculation, "NEEDED", "a_library_that_is_not_there")

    assert not can_calculate()
