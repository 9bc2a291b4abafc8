"""Times and days as text."""

from datetime import UTC, date, datetime

import pytest
from pydantic_core import PydanticCustomError

from service.core.moments import parse_day, parse_moment


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-01T09:00:00Z", datetime(2026, 3, 1, 9, tzinfo=UTC)),
        ("2026-03-01t09:00:00.25z", datetime(2026, 3, 1, 9, 0, 0, 250_000, tzinfo=UTC)),
        ("2026-03-01T09:00:00+02:00", datetime(2026, 3, 1, 7, tzinfo=UTC)),
    ],
)
def test_a_time_with_an_offset_is_taken_as_utc(text: str, expected: datetime) -> None:
    assert parse_moment(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "253402300800",
        "2026-02-30T00:00:00Z",
        "2026-03-01T24:00:00Z",
        "2026-03-01T09:00:60Z",
        "2026-03-01T09:00:00",
        "2026-03-01 09:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "٢٠٢٦-03-01T09:00:00Z",
        1,
        None,
        datetime(2026, 3, 1),  # noqa: DTZ001  # a naive time is what must be refused
    ],
)
def test_what_is_no_certain_time_is_refused(text: object) -> None:
    with pytest.raises(PydanticCustomError):
        parse_moment(text)


def test_a_day_is_iso_8601_only() -> None:
    assert parse_day("2026-03-01") == date(2026, 3, 1)
    for text in ("20260301", "2026-02-30", "253402300800", "2026-03-01T00:00:00Z", 3, True):
        with pytest.raises(PydanticCustomError):
            parse_day(text)
