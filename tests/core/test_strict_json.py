"""JSON with one reading, bounded before it is read."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.strict_json import MalformedJson, strict_json

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner)
    ),
    max_leaves=20,
)


@given(VALUES, st.booleans())
def test_what_json_writes_is_read(value: object, escaped: bool) -> None:
    assert strict_json(json.dumps(value, ensure_ascii=escaped).encode()) == value


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "line 1, column 1"),
        (b'{"a":\n 1,}', "line 2"),
        (b"[1] [2]", "line 1, column 5"),
        (b'{"role": 1, "role": 2}', "same name twice"),
        (b'[{"a": {"b": 1, "\\u0062": 2}}]', "same name twice"),
        (b"[NaN]", "NaN"),
        (b"[-Infinity]", "Infinity"),
        (b"9223372036854775808", "64 bits"),
        (b"-9223372036854775809", "64 bits"),
        (b"1" + b"0" * 5000, "64 bits"),
        (b"1e999", "too large"),
        (b"-1e999", "too large"),
        (b"1e-999", "too small"),
        (b"1e00000000000000001", "too long"),
        (b"0." + b"1" * 5000, "too long"),
        (b"\xef\xbb\xbf{}", "byte order mark"),
        ('{"a": 1}'.encode("utf-16"), "byte order mark"),
        ('{"a": 1}'.encode("utf-16-le"), "line 1"),
        (b'{"a": "\xff"}', "byte 7 is not UTF-8"),
        (b'{"a": "\xed\xa0\x80"}', "not UTF-8"),
        (b'{"\\ud800": 1}', "surrogate"),
        (b'{"a": "\x00"}', "line 1"),
        (b"[" * 33 + b"]" * 33, "more than 32 levels at byte 32"),
        (b'{"a":' * 33, "more than 32 levels"),
    ],
)
def test_what_has_more_than_one_reading_is_refused(body: bytes, reason: str) -> None:
    with pytest.raises(MalformedJson) as refused:
        strict_json(body)

    assert reason in str(refused.value)
    assert refused.value.code == "malformed_json"


def test_numbers_and_depth_at_the_limit_are_taken() -> None:
    assert strict_json(b"[9223372036854775807, -9223372036854775808, 1e308, 0e1, 0.0]") == [
        2**63 - 1, -(2**63), 1e308, 0.0, 0.0
    ]  # fmt: skip
    assert strict_json(b"[" * 32 + b"]" * 32) is not None


def test_brackets_in_words_are_no_depth() -> None:
    assert strict_json(json.dumps(["[{" * 100, '\\"[[' * 50]).encode()) == [
        "[{" * 100,
        '\\"[[' * 50,
    ]


@pytest.mark.parametrize(
    "body",
    [b"[" * 100_000, b'{"a":' * 100_000, b"[" * 100_000 + b"]" * 100_000, b'"\\' * 50_000,
     b'"' + b'\\"' * 50_000 + b"\\", b'"' * 100_001, b"\\" * 100_000, b"[]" * 50_000],
)  # fmt: skip
def test_the_worst_bodies_are_refused_fast(body: bytes) -> None:
    began = time.thread_time()
    with pytest.raises(MalformedJson):
        strict_json(body)

    assert time.thread_time() - began < 0.1


def test_a_refusal_does_not_repeat_what_was_sent() -> None:
    with pytest.raises(MalformedJson) as refused:
        strict_json(b'{"secret": "word" "x"}')

    assert "secret" not in str(refused.value)
    assert "word" not in str(refused.value)
