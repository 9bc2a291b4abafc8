"""Run as a process of its own: measures what it is given at its standard input, as JSON.

It takes `seed` and `scales`: by its name each scale's `metric` and `ratings`, lists of a thing, a
rater and a value; and `strictness`, the name of the scale by which raters are compared.
"""

import json
import os
import sys
from typing import Any

from service.core.extractor import limit


def measure(asked: dict[str, Any]) -> dict[str, Any]:
    from service.core.measures.ratings import Rating  # noqa: PLC0415  # within the limits only
    from service.core.measures.reliability import agreement, strictness  # noqa: PLC0415

    scales = {
        name: [Rating(*one) for one in scale["ratings"]] for name, scale in asked["scales"].items()
    }
    return {
        "scales": {
            name: agreement(ratings, asked["scales"][name]["metric"], asked["seed"])
            for name, ratings in scales.items()
        },
        "strictness": strictness(scales[asked["strictness"]]),
    }


def main() -> None:
    cpu_seconds, seconds, megabytes = map(int, sys.argv[1:])
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # each would ask for memory of its own
    limit(cpu_seconds, seconds, megabytes)
    json.dump(measure(json.load(sys.stdin)), sys.stdout)


if __name__ == "__main__":
    main()
