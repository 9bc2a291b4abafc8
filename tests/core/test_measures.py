"""Every measure gives what was published, and what a second way of working it out gives."""

import json
from pathlib import Path
from typing import Any

import krippendorff
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.measures import alpha as ours
from service.core.measures.intraclass import intraclass
from service.core.measures.noise import noise
from service.core.measures.prophecy import stepped_up, wanted
from service.core.measures.ratings import Rating, pools, shared
from service.core.measures.reliability import agreement, strictness
from service.core.measures.severity import Table, crossed

PUBLISHED: dict[str, Any] = json.loads(Path(__file__).with_name("published.json").read_text())
SHROUT_FLEISS = PUBLISHED["icc"][0]
METRICS = {"nominal": ours.nominal, "ordinal": ours.ordinal, "interval": ours.interval}


def things_of(rows: list[list[Any]]) -> list[list[float]]:
    """What each thing got; letters by their place in the alphabet."""
    number = {letter: place for place, letter in enumerate("abcde")}
    return [
        [number.get(one, one) for one in thing if one is not None]
        for thing in zip(*rows, strict=True)
    ]


def ratings_of(table: list[list[float]]) -> list[Rating]:
    return [
        Rating(f"t{thing}", f"r{rater}", value)
        for thing, row in enumerate(table)
        for rater, value in enumerate(row)
    ]


def drawn(things: int, raters: int, each: int, seed: int) -> tuple[list[Rating], dict[str, float]]:
    """Ratings by raters of known strictness, each thing rated by a few of them."""
    source = np.random.default_rng(seed)
    worth, bias = source.normal(0, 0.7, things), source.normal(0, 0.5, raters)
    given = [
        Rating(f"t{thing}", f"r{rater}", 3 + worth[thing] + bias[rater] + source.normal(0, 0.4))
        for thing in range(things)
        for rater in source.choice(raters, each, replace=False)
    ]
    return given, {f"r{rater}": float(value) for rater, value in enumerate(bias)}


# Krippendorff's alpha.


@pytest.mark.parametrize(
    ("case", "metric"),
    [(case, m) for case in PUBLISHED["krippendorff"] for m in METRICS if m in case["expect"]],
    ids=lambda one: one if isinstance(one, str) else one["id"],
)
def test_alpha_is_what_was_published(case: dict[str, Any], metric: str) -> None:
    found = ours.alpha(things_of(case["data_rows_are_raters"]), METRICS[metric])

    assert found == pytest.approx(case["expect"][metric], abs=5e-7)


@given(
    st.lists(
        st.lists(st.sampled_from([1, 2, 3, 4, None]), min_size=4, max_size=4),
        min_size=2,
        max_size=12,
    ),
    st.sampled_from(list(METRICS)),
)
def test_alpha_is_what_another_program_says(rows: list[list[int | None]], metric: str) -> None:
    things = [[one for one in row if one is not None] for row in rows]
    pairable = {one for thing in things if len(thing) > 1 for one in thing}
    found = ours.alpha(things, METRICS[metric])

    assert (found is None) == (len(pairable) < 2)
    if found is not None:
        table = np.array([[np.nan if one is None else one for one in row] for row in rows]).T
        level: Any = metric
        theirs = krippendorff.alpha(reliability_data=table, level_of_measurement=level)
        assert found == pytest.approx(theirs, abs=1e-9)


def test_alpha_of_values_that_are_all_the_same_is_undefined() -> None:
    same = [[3, 3], [3, 3, 3], [3]]

    assert [ours.alpha(same, metric) for metric in METRICS.values()] == [None] * 3
    assert [ours.bootstrap(same, metric, seed=1) for metric in METRICS.values()] == [None] * 3
    assert ours.alpha([[1], [2]], ours.ordinal) is None


def test_one_disagreement_among_equals_is_no_better_than_chance() -> None:
    """The paradox that one must know: nearly all agree, and α is zero, as nothing else varied."""
    things = [[3, 3]] * 19 + [[3, 2]]

    assert ours.alpha(things, ours.ordinal) == pytest.approx(0, abs=1e-12)


def test_the_interval_of_alpha_is_the_same_each_time_and_covers_what_was_drawn() -> None:
    given, _ = drawn(60, 6, 3, seed=5)
    truth = 0.49 / (0.49 + 0.25 + 0.16)  # of the variances that it was drawn with
    found = agreement(given, "interval", seed=7)
    low, high = found["alpha_interval"]

    assert found == agreement(given, "interval", seed=7)
    assert low < found["alpha"] < high
    assert low < truth < high
    assert high - low < 0.5


# The intraclass correlation.


def test_icc_is_what_was_published() -> None:
    found = intraclass(SHROUT_FLEISS["rows_targets_cols_judges"])
    expected, interval = SHROUT_FLEISS["expect"], SHROUT_FLEISS["ci95"]

    assert found
    assert (found.k, found.balanced) == (4, True)
    assert found.single == pytest.approx(expected["ICC(1,1)"], abs=5e-7)
    assert found.mean == pytest.approx(expected["ICC(1,4)"], abs=5e-7)
    assert found.single_interval == pytest.approx(interval["ICC(1,1)"], abs=0.006)
    assert found.mean_interval == pytest.approx(interval["ICC(1,4)"], abs=0.006)


def test_icc_of_unequally_many_ratings_is_by_the_analysis_of_variance() -> None:
    """Worked out by hand: SSB 22, SSW 4, of 3, 2 and 2 ratings; n₀ = (7 - 17/7)/2 = 16/7."""
    found = intraclass([[1, 2, 3], [4, 6], [6, 6], [9]])
    between, within, k = 22 / 2, 4 / 4, 16 / 7

    assert found
    assert found.k == pytest.approx(k)
    assert not found.balanced
    assert found.single == pytest.approx((between - within) / (between + (k - 1) * within))
    assert found.mean == pytest.approx(1 - within / between)


def test_icc_where_nothing_varies_is_undefined_and_full_agreement_is_one() -> None:
    perfect = intraclass([[1, 1], [2, 2], [4, 4]])

    assert intraclass([[3, 3], [3, 3]]) is None
    assert intraclass([[1, 2], [3]]) is None
    assert perfect
    assert (perfect.single, perfect.mean, perfect.single_interval) == (1, 1, (1, 1))


# Spearman and Brown.


@pytest.mark.parametrize("case", PUBLISHED["spearman_brown"])
def test_the_reliability_of_a_mean_is_stepped_up(case: dict[str, float]) -> None:
    needed = wanted(case["r1"])

    assert stepped_up(case["r1"], case["k"]) == pytest.approx(case["rk"], abs=1e-6)
    assert needed
    assert stepped_up(case["r1"], needed - 1) < 0.8 <= stepped_up(case["r1"], needed)


def test_how_many_ratings_it_takes_has_an_end_at_either_side() -> None:
    found = [wanted(single) for single in (-0.1, 0, 0.0001, 0.5, 0.8, 1)]

    assert found == [None, None, None, 4, 1, 1]


# Strict and lenient raters.


def test_variances_and_effects_are_what_was_published() -> None:
    found = crossed(ratings_of(SHROUT_FLEISS["rows_targets_cols_judges"]))
    variances = SHROUT_FLEISS["variance_components"]

    assert found
    assert found.thing_variance == pytest.approx(variances["target"], abs=1e-4)
    assert found.rater_variance == pytest.approx(variances["judge"], abs=1e-4)
    assert found.rest_variance == pytest.approx(variances["residual"], abs=1e-4)
    things = [found.things[f"t{number}"] for number in range(6)]
    raters = [found.raters[f"r{number}"].value for number in range(4)]
    assert things == pytest.approx(SHROUT_FLEISS["blup_target"], abs=1e-3)
    assert raters == pytest.approx(SHROUT_FLEISS["blup_judge"], abs=1e-3)


def test_noise_is_what_was_published() -> None:
    ratings = ratings_of(SHROUT_FLEISS["rows_targets_cols_judges"])
    model, expected = crossed(ratings), SHROUT_FLEISS["noise_audit"]

    assert model
    found, gaps = noise(ratings, model), noise(ratings[1:], model)
    assert found.complete
    assert found.system**2 == pytest.approx(expected["system_noise_sq"], abs=1e-4)
    assert found.level**2 == pytest.approx(expected["level_noise_sq"], abs=1e-4)
    assert found.pattern**2 == pytest.approx(expected["pattern_noise_sq"], abs=1e-4)
    assert not gaps.complete
    assert gaps.level**2 == pytest.approx(model.rater_variance)
    assert gaps.pattern**2 == pytest.approx(model.rest_variance)


def test_the_equations_say_the_same_as_the_whole_matrix() -> None:
    """With gaps: the likelihood up to a constant, and the effects, by V = σ²(I + ZΛΛ'Z')."""
    ratings, _ = drawn(9, 4, 2, seed=2)
    table = Table(ratings)
    said = [(*_dense(ratings, table, ratios), table.deviance(np.array(ratios)), ratios)
            for ratios in ((1.0, 0.5), (0.3, 2.0), (2.0, 0.0))]  # fmt: skip

    gaps = [likelihood - deviance for likelihood, _, deviance, _ in said]
    assert gaps == pytest.approx([gaps[0]] * 3, abs=1e-8)
    for _, effects, _, ratios in said:
        solved = table.solve(*ratios)
        ours_too = [*ratios[0] * solved.things, *ratios[1] * solved.fixed_and_raters[1:]]
        assert ours_too == pytest.approx(effects, abs=1e-9)


def _dense(ratings: list[Rating], table: Table, ratios: tuple[float, float]) -> Any:
    y = np.array([one.value for one in ratings]) - table.centre
    z = np.array(
        [
            [ratios[0] * (one.thing == name) for name in table.things]
            + [ratios[1] * (one.rater == name) for name in table.raters]
            for one in ratings
        ]
    )
    x, inverse = np.ones((y.size, 1)), np.linalg.inv(np.eye(y.size) + z @ z.T)
    information = float(np.squeeze(x.T @ inverse @ x))
    rest = y - float(np.squeeze(x.T @ inverse @ y)) / information
    squares, free = float(rest @ inverse @ rest), y.size - 1
    _, size = np.linalg.slogdet(np.eye(y.size) + z @ z.T)
    likelihood = size + np.log(information) + free * np.log(squares / free)
    scale = np.array([ratios[0]] * len(table.things) + [ratios[1]] * len(table.raters))
    return likelihood, scale * (z.T @ inverse @ rest)


def test_strictness_that_was_drawn_is_found_again() -> None:
    ratings, bias = drawn(120, 12, 3, seed=11)
    model = crossed(ratings)

    assert model
    found = model.raters
    close = [found[name].low <= value <= found[name].high for name, value in bias.items()]
    assert sum(close) >= 11  # of 12, at 95 %
    estimated = [found[name].value for name in bias]
    assert np.corrcoef(estimated, list(bias.values()))[0, 1] > 0.95
    assert model.rater_variance == pytest.approx(np.var(list(bias.values()), ddof=1), rel=0.4)


def test_who_rated_little_is_drawn_towards_the_middle() -> None:
    table: list[list[float]] = [
        [2, 3, 4],
        [1, 2, 3],
        [3, 4, 5],
        [2, 3.5, 4],
        [1, 2, 2.5],
        [2, 3, 4.5],
    ]
    ratings = ratings_of(table)
    often, seldom = crossed(ratings), crossed([*ratings[:1], *ratings[1:3], *(
        one for one in ratings[3:] if one.rater != "r0")])  # fmt: skip

    assert often
    assert seldom
    assert often.raters["r0"].value < seldom.raters["r0"].value < 0
    assert (often.raters["r0"].n, seldom.raters["r0"].n) == (6, 1)


def test_nothing_is_said_about_raters_when_nothing_varies() -> None:
    assert crossed(ratings_of([[3.0, 3.0, 3.0]] * 12)) is None


# All of it, with what it rests on.


def test_raters_who_share_nothing_are_not_compared() -> None:
    given, _ = drawn(30, 4, 2, seed=3)
    apart = [one._replace(thing=f"x{one.thing}", rater=f"x{one.rater}") for one in given[:8]]
    found = strictness([*given, *apart])
    bridged = strictness([*given, *apart, given[0]._replace(rater="xr0"), apart[0]])

    assert len(pools([*given, *apart])) == 2
    assert found["pools"] == 2
    states = {name: one["state"] for name, one in found["raters"].items()}
    assert {state for name, state in states.items() if name[0] == "r"} == {"known"}
    assert {state for name, state in states.items() if name[0] == "x"} == {"not_connected"}
    assert all("severity" not in one for one in found["raters"].values() if one["state"] != "known")
    assert bridged["pools"] == 1
    assert "not_connected" not in {one["state"] for one in bridged["raters"].values()}


def test_too_little_says_nothing() -> None:
    enough, _ = drawn(10, 3, 2, seed=4)
    few = [one for one in enough if one.thing != "t0"]
    lonely = [*few, Rating("t0", "r0", 3.0)]  # nobody else rated it

    assert agreement(enough, "interval", seed=1)["state"] == "known"
    assert strictness(enough)["state"] == "known"
    for ratings in (few, lonely, []):
        said = agreement(ratings, "interval", seed=1)
        assert said == {"n": said["n"], "metric": "interval", "state": "too_few"}
        assert set(strictness(ratings)) == {"n", "pools", "state"}
    assert len(shared(lonely)) == len(few)


def test_what_is_constant_says_so() -> None:
    same = ratings_of([[3.0, 3.0, 3.0]] * 12)

    assert agreement(same, "ordinal", seed=1)["state"] == "constant"
    assert strictness(same)["state"] == "constant"
