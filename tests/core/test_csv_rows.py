"""Rows to take away, read back with what people read them with."""

import csv
import io
import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import duckdb
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.core.csv_rows import CHUNK, defuse, jsonl, stream, undo

ATTACKS = [
    '=HYPERLINK("http://evil","x")', "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1",
    "＝1", "－1", "  =1", "\u00a0=1", "\u200b=1", "\ufeff=1", "'=1", "'", "''", "'quoted'", "=",
    "\t", "\n",
]  # fmt: skip
NASTY = [
    *ATTACKS, "", "plain", 'say "x"', "a,b", "a;b", "line\nbreak", "line\r\nbreak", "cr\ronly",
    " x ", "שלום \u200fעולם", "\U0001f468\u200d\U0001f469", "NULL", "NA", "nan", "None", "1e5",
    "007", "\\N", '"', '""', "\\", "\\n", "#comment", "x" * 100_000,
]  # fmt: skip
TEXT = st.one_of(
    st.sampled_from(NASTY),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    st.text("='\"+-@\t\r\n ,;\\#＝א😀\u200b\ufeff"),
)
TABLE = st.lists(st.tuples(TEXT, TEXT), max_size=8)
ON_DISK = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
HEADER = ["id", "left", "right"]


def numbered(table: list[tuple[str, str]]) -> list[list[str]]:
    return [[f"r{number}", *pair] for number, pair in enumerate(table)]


def written(table: list[tuple[str, str]], *, raw: bool = False) -> str:
    return "".join(stream(HEADER, numbered(table), raw=raw))


@given(TEXT)
def test_undoing_gives_the_exact_text(text: str) -> None:
    assert undo(defuse(text)) == text


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_formula_stays_live(attack: str) -> None:
    assert defuse(attack) == f"'{attack}"


@pytest.mark.parametrize("text", ["plain", "a=b", "don't", "C++", "1-2", " x", "(-1)", ""])
def test_ordinary_text_is_left_alone(text: str) -> None:
    assert defuse(text) == text


@given(TABLE)
def test_python_reads_it_back(table: list[tuple[str, str]]) -> None:
    rows = list(csv.reader(io.StringIO(written(table), newline=""), strict=True))
    raw = list(csv.reader(io.StringIO(written(table, raw=True), newline=""), strict=True))

    assert [[undo(cell) for cell in row] for row in rows] == [HEADER, *numbered(table)]
    assert raw == [HEADER, *numbered(table)]


@ON_DISK
@given(TABLE)
def test_pandas_reads_it_back(table: list[tuple[str, str]]) -> None:
    for raw in (False, True):
        text = written(table, raw=raw)
        frame = pd.read_csv(io.BytesIO(text.encode()), dtype=str, keep_default_na=False)
        back = [[c if raw else undo(c) for c in row] for row in frame.to_numpy().tolist()]

        assert back == numbered(table)


@ON_DISK
@given(TABLE)
def test_duckdb_reads_it_back(tmp_path: Path, table: list[tuple[str, str]]) -> None:
    for raw in (False, True):
        path = tmp_path / "rows.csv"
        path.write_bytes(written(table, raw=raw).encode())
        with duckdb.connect() as fresh:  # a connection remembers files by their path
            found = fresh.execute(
                f"""select * from read_csv('{path}', header=true, auto_detect=false,
                delim=',', quote='"', escape='"', max_line_size=1000000,
                columns={{'id': 'varchar', 'left': 'varchar', 'right': 'varchar'}})"""
            ).fetchall()
        cells = [[cell or "" for cell in row] for row in found]

        assert [[c if raw else undo(c) for c in row] for row in cells] == numbered(table)


def test_all_nasty_words_at_once(tmp_path: Path) -> None:
    table = list(zip(NASTY, reversed(NASTY), strict=True))
    frame = pd.read_csv(io.StringIO(written(table), newline=""), dtype=str, keep_default_na=False)

    assert [[undo(c) for c in row] for row in frame.to_numpy().tolist()] == numbered(table)


def test_values_are_written_plainly() -> None:
    summer = timezone(timedelta(hours=2))
    row = [
        None, "", -5, -0.25, 10**18, True, False, Decimal("-1.50"), date(2026, 2, 3),
        datetime(2026, 2, 3, 4, 5, tzinfo=UTC), datetime(2026, 2, 3, 4, 5, 6, tzinfo=summer),
        UUID(int=1),
    ]  # fmt: skip

    assert "".join(stream(["=a", "b"], [row])) == (
        "'=a,b\r\n"
        ",,-5,-0.25,1000000000000000000,true,false,-1.50,2026-02-03,"
        "2026-02-03T04:05:00Z,2026-02-03T02:05:06Z,00000000-0000-0000-0000-000000000001\r\n"
    )


def test_excel_gets_its_mark_once() -> None:
    assert "".join(stream(["a"], [["é"]], bom=True)).encode() == b"\xef\xbb\xbfa\r\n\xc3\xa9\r\n"


def test_no_rows_is_a_header() -> None:
    assert list(stream(["a", "b"], [])) == ["a,b\r\n"]
    assert list(jsonl([])) == []


def test_what_is_no_cell_is_a_mistake_of_ours() -> None:
    row: list[Any] = [["a", "list"]]

    with pytest.raises(TypeError):
        list(stream(["a"], [row]))


def test_rows_come_in_pieces_and_on_demand() -> None:
    taken = 0

    def rows():
        nonlocal taken
        for number in range(100_000):
            taken = number
            yield [number, "some words"]

    pieces = stream(["n", "t"], rows())
    first = next(pieces)

    assert CHUNK <= len(first) < CHUNK + 100
    assert taken < 5_000
    assert first + "".join(pieces) == "n,t\r\n" + "".join(
        f"{number},some words\r\n" for number in range(100_000)
    )


@given(TABLE)
def test_json_lines_are_exact(table: list[tuple[str, str]]) -> None:
    rows = [dict(zip(HEADER, row, strict=True)) for row in numbered(table)]
    text = "".join(jsonl(rows))

    assert [json.loads(line) for line in text.splitlines()] == rows
    assert [json.loads(line) for line in text.split("\n")[:-1]] == rows


def test_json_lines_know_times_ids_and_nested_values() -> None:
    row = {
        "at": datetime(2026, 2, 3, tzinfo=UTC),
        "id": UUID(int=1),
        "n": -1,
        "none": None,
        "l": ["=1"],
    }

    assert "".join(jsonl([row])) == (
        '{"at": "2026-02-03T00:00:00Z", "id": "00000000-0000-0000-0000-000000000001",'
        ' "n": -1, "none": null, "l": ["=1"]}\n'
    )
