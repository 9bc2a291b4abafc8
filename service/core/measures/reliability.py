"""All that can be said about how reliably people rate, with how much it rests on."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from service.core.measures import alpha as krippendorff
from service.core.measures.intraclass import intraclass
from service.core.measures.noise import noise
from service.core.measures.prophecy import wanted
from service.core.measures.ratings import Rating, by_thing, pools, shared
from service.core.measures.severity import Crossed, Effect, crossed

METRICS = {"ordinal": krippendorff.ordinal, "interval": krippendorff.interval}

# Below these nothing is said: an interval would be as wide as the scale.
LEAST_THINGS = 10
LEAST_RATERS = 3  # to tell strict ones from lenient ones
LEAST_OF_RATER = 5  # ratings of one person

Figures = dict[str, Any]


@dataclass(frozen=True)
class Count:
    """What a figure rests on: things that two or more rated, and who rated them."""

    things: int
    raters: int
    ratings: int

    @classmethod
    def of(cls, ratings: Sequence[Rating]) -> "Count":
        return cls(
            len({one.thing for one in ratings}), len({one.rater for one in ratings}), len(ratings)
        )


def agreement(ratings: Sequence[Rating], metric: str, seed: int) -> Figures:
    """α and ICC of one scale. `state` is `known`, `too_few`, or `constant`: all are the same."""
    given = shared(ratings)
    n = Count.of(given)
    said: Figures = {"n": asdict(n), "metric": metric}
    if n.things < LEAST_THINGS:
        return {**said, "state": "too_few"}
    things, kind = by_thing(given), METRICS[metric]
    alpha, correlation = krippendorff.alpha(things, kind), intraclass(things)
    if alpha is None or correlation is None:
        return {**said, "state": "constant"}
    return {
        **said,
        "state": "known",
        "alpha": alpha,
        "alpha_interval": krippendorff.bootstrap(things, kind, seed=seed),
        **asdict(correlation),
        "wanted": wanted(correlation.single),
    }


def strictness(ratings: Sequence[Rating]) -> Figures:
    """Noise, and how strict each rater is; of the largest pool whose raters can be compared.

    `state` is `known`, `too_few` or `constant`; `pools` says into how many the raters fall.
    """
    parts = pools(shared(ratings))
    pool = parts[0] if parts else []
    n = Count.of(pool)
    said: Figures = {"n": asdict(n), "pools": len(parts)}
    if n.things < LEAST_THINGS or n.raters < LEAST_RATERS:
        return {**said, "state": "too_few"}
    model = crossed(pool)
    if model is None:
        return {**said, "state": "constant"}
    return {
        **said,
        "state": "known",
        "noise": asdict(noise(pool, model)),
        "raters": _raters(ratings, pool, model),
    }


def _raters(ratings: Sequence[Rating], pool: Sequence[Rating], model: Crossed) -> Figures:
    """By their names. Above zero: stricter than the middle. None where it cannot be told."""
    connected = {one.rater for one in pool}
    found: Figures = {}
    for name in sorted({one.rater for one in ratings}):
        values = [one.value for one in ratings if one.rater == name]
        said: Figures = {"n": len(values), "mean": sum(values) / len(values)}
        if name not in connected:
            found[name] = {**said, "state": "not_connected"}
        elif model.raters[name].n < LEAST_OF_RATER:
            found[name] = {**said, "state": "too_few"}
        else:
            found[name] = {**said, "state": "known", **_severity(model.raters[name])}
    return found


def _severity(effect: Effect) -> Figures:
    """Without an interval where the model finds no difference at all: it cannot say how surely."""
    told = effect.low < effect.high
    interval = (0.0 - effect.high, 0.0 - effect.low) if told else None
    return {"severity": 0.0 - effect.value, "interval": interval}
