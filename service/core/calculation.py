"""Figures that need NumPy and SciPy, from a process of its own: whoever asks never holds them.

They come with the optional extra `statistics`; without it, one is told so.
"""

import json
import sys
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from service.core.extraction import answer_of

CPU_SECONDS, SECONDS, MEGABYTES = 120, 180, 1_024
NEEDED = "scipy"

# A process without our folders in its path (-I) is told where we are, and nothing else.
START = (
    "import sys; sys.path.insert(0, sys.argv.pop(1)); "
    "from service.core.measures.calculator import main; main()"
)
ROOT = Path(__file__).parents[2]


class CalculationFailed(Exception):
    """It took too much, or it broke. Its words are ours."""


def can_calculate() -> bool:
    """Whether the extra is installed; asked without loading it."""
    return find_spec(NEEDED) is not None


def calculate(asked: dict[str, Any]) -> dict[str, Any]:
    """What `calculator` says. Raises CalculationFailed."""
    limits = map(str, (CPU_SECONDS, SECONDS, MEGABYTES))
    command = [sys.executable, "-I", "-X", "utf8", "-c", START, str(ROOT), *limits]
    with TemporaryFile() as file:
        file.write(json.dumps(asked).encode())
        file.seek(0)
        answer = answer_of(command, file, SECONDS)
    try:
        found: dict[str, Any] = json.loads(answer)
    except ValueError:
        raise CalculationFailed("The figures could not be worked out.") from None
    return found
