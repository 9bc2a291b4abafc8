"""Everything comes out, exactly: each table, each column, each value."""

import re
from collections.abc import Callable
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from sqlmodel import update
from starlette.testclient import TestClient

from service.core.clock import utc_now
from service.core.csv_rows import undo
from service.core.db import Database
from service.domain.accounts.actor import Actor
from service.domain.accounts.tables import User
from service.domain.desk.inputs import ExportFilter
from service.domain.jobs.tables import Criterion, Rubric
from service.domain.reviews.tables import (
    Scorecard,
)
from service.domain.submissions.tables import Evidence, Revision
from tests.exporting import STREAMS, URL, judge, lines_of, rows_of, take
from tests.worlds import World

DOCS = Path(__file__).parents[2] / "docs" / "exports.md"
NASTY = [
    '=HYPERLINK("http://evil.example","click")',
    "+1",
    "-1+1",
    "@SUM(A1)",
    "'already quoted",
    "''twice",
    " =1",
    "＝1",
    'He said "no", and left',
    "two\nlines, one\tTAB",
    "👩‍👩‍👧 family, 🇨🇭 flag",
    "שלום, عليكم",
    "config = load() // <T> SELECT * FROM x;",
    "NULL",
    "nan",
    "1e5",
    "007",
    "true",
    "\\N",
    "a;b|c",
]


def test_the_documented_columns_are_the_columns(database: Database, world: World) -> None:
    text = DOCS.read_text()
    with database.read() as session:
        me = Actor.of(session.get_one(User, world.recruiter.id))
        for name, open_stream in STREAMS.items():
            section = text.split(f"\n## {name}\n")[1].split("\n## ")[0]
            told = re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)
            export = open_stream(session, me, ExportFilter(job="engineer"))
            export.close()
            columns = list(export.columns)
            wide = [c for c in columns if re.match(r"(humility|depth)_", c)]
            assert columns == [*told, *wide], name


def test_the_row_of_a_submission_says_it_all(client: TestClient, world: World) -> None:
    depth, humility = world.criteria["depth"], world.criteria["humility"]
    with world.database.write() as session:
        judge(session, world, world.reviewer, {depth: 4, humility: None}, forecast=80)
        judge(session, world, world.reviewer2, {depth: 1, humility: 3}, forecast=None)
        for number in (2, 3, 4):
            session.add(
                Evidence(
                    revision_id=world.submission.revision_id, number=number, title=f"E{number}"
                )
            )
    auth = {**world.recruiter.auth, "If-Match": "*"}
    url = world.submission.url
    client.post(f"{url}/moves", json={"to": "hired", "note": "At last."}, headers=auth)
    told = {"at": "2026-01-31", "succeeded": True, "note": "Leads."}
    headers = {**world.recruiter.auth, "If-None-Match": "*"}
    assert client.put(f"{url}/outcome", json=told, headers=headers).status_code == 200
    with world.database.write() as session:
        session.exec(update(Scorecard).values(composite=1.0))

    (row,) = rows_of(take(client, world.recruiter, "submissions.csv", job="engineer", q="ada"))

    expected = {
        "id": str(world.submission.id),
        "job": "engineer",
        "stage": "new",
        "stage_name": "New",
        "decision": "hired",
        "name": "Ada",
        "email": "ada@example.org",
        "links": "[]",
        "answers": '[{"key":"wrong","question":"When?","kind":"long","value":"Often."}]',
        "evidence_count": "4",
        "evidence_1_title": "A compiler",
        "evidence_2_title": "E2",
        "evidence_3_title": "E3",
        "reviews_done": "2",
        "reviews_wanted": "2",
        "scores_open": "true",
        "score": "1.0",
        "recommended_yes": "2",
        "recommended_no": "0",
        "mean_forecast": "80.0",
        "decision_note": "At last.",
        "decision_score": "3.0",
        "outcome_at": "2026-01-31",
        "outcome_succeeded": "true",
        "outcome_note": "Leads.",
        "depth_median": "2.5",
        "depth_mean": "2.5",
        "depth_max": "4",
        "depth_n": "2",
        "humility_median": "3",
        "humility_n": "1",
    }
    assert {name: row[name] for name in expected} == expected
    assert "E4" not in row.values()
    (line,) = lines_of(take(client, world.recruiter, "submissions.jsonl", job="engineer", q="ada"))
    assert list(line) == list(row)
    assert (line["depth_max"], line["outcome_succeeded"]) == (4, True)
    assert line["answers"][0]["value"] == "Often."
    assert len(line["decision_snapshot"]) == 2


def test_outcomes_of_hires_that_were_taken_back_come_out_with_the_history(
    client: TestClient, world: World
) -> None:
    auth, url = {**world.recruiter.auth, "If-Match": "*"}, world.submission.url
    hires = []
    for note in ("One.", "Two."):
        hired = client.post(f"{url}/moves", json={"to": "hired"}, headers=auth)
        hires.append(hired.json()["id"])
        told = {"at": "2026-01-31", "succeeded": note == "Two.", "note": note}
        first = {**world.recruiter.auth, "If-None-Match": "*"}
        assert client.put(f"{url}/outcome", json=told, headers=first).status_code == 200
        client.post(f"{url}/reopen", json={"reason": "Declined."}, headers=auth)

    lines = lines_of(take(client, world.recruiter, "history.jsonl"))
    found = [line for line in lines if line["event"] == "outcome.recorded"]
    after = [line["detail"]["after"] for line in found]

    assert [line["payload"]["decision_id"] for line in found] == hires
    assert [(one["succeeded"], one["note"]) for one in after] == [(False, "One."), (True, "Two.")]


def test_each_rubric_version_and_each_job_has_its_own_columns(
    client: TestClient, world: World
) -> None:
    anchors: list[dict[str, object]] = [{"level": level, "anchor": "…"} for level in range(1, 5)]
    with world.database.write() as session:
        second = Rubric(job_id=world.job_id, number=2)
        session.add(second)
        session.flush()
        depth = Criterion(
            rubric_id=second.id, key="depth", name="Depth", position=0, anchors=anchors
        )
        session.add(depth)
        session.flush()
        judge(session, world, world.reviewer, {world.criteria["depth"]: 1})
        judge(session, world, world.reviewer2, {depth.id: 4}, rubric_id=second.id)

    (row,) = rows_of(take(client, world.recruiter, "submissions.csv", job="engineer", q="ada"))
    assert (row["v1_depth_mean"], row["v2_depth_mean"]) == ("1.0", "4.0")
    assert "depth_mean" not in row
    assert "v2_humility_n" not in row
    (row,) = rows_of(take(client, world.recruiter, "submissions.csv", q="ada"))
    assert row["engineer.v2_depth_n"] == "1"


def test_scorecards_ratings_evidence_and_history(client: TestClient, world: World) -> None:
    with world.database.write() as session:
        levels = {world.criteria["humility"]: 3, world.criteria["depth"]: None}
        judge(session, world, world.reviewer, levels, comment="Good.", forecast=70)
    headers = {**world.recruiter.auth, "If-Match": "*"}
    client.post(f"{world.submission.url}/moves", json={"to": "screen"}, headers=headers)

    (card,) = rows_of(take(client, world.recruiter, "scorecards.csv"))
    assert (card["reviewer"], card["forecast"], card["open"]) == ("Reviewer", "70", "true")
    ratings = rows_of(take(client, world.recruiter, "ratings.csv"))
    assert [(r["criterion"], r["level"], r["weight"]) for r in ratings] == [
        ("humility", "3", "2"),
        ("depth", "", "1"),
    ]
    evidence = lines_of(take(client, world.recruiter, "evidence.jsonl", sort="name"))
    assert [(e["title"], e["number"], e["files"]) for e in evidence] == [
        ("A compiler", 1, []),
        ("A compiler", 1, []),
    ]
    (moved,) = lines_of(take(client, world.recruiter, "history.jsonl"))
    assert (moved["event"], moved["actor"]) == ("submission.moved", "Recruiter")
    assert moved["detail"]["after"] == {"stage": "screen"}


@pytest.mark.parametrize("raw", ["true", "false"])
def test_csv_reads_back_as_the_very_same_values(
    client: TestClient, world: World, tmp_path: Path, raw: str
) -> None:
    with world.database.write() as session:
        for number, text in enumerate(NASTY, 2):
            piece = Evidence(
                revision_id=world.submission.revision_id, number=number, title="t", claim=text
            )
            session.add(piece)
    back: Callable[[str], str] = undo if raw == "false" else str
    query = {"raw": raw, "columns": "claim,number", "q": "ada"}
    text = take(client, world.recruiter, "evidence.csv", **query)
    file = tmp_path / "evidence.csv"
    file.write_text(text, newline="")
    expected = ["It compiles.", *NASTY]

    assert [back(row["claim"]) for row in rows_of(text)] == expected
    frame = pd.read_csv(file, dtype=str, keep_default_na=False)
    assert [back(cell) for cell in frame["claim"]] == expected
    found = duckdb.read_csv(
        str(file), all_varchar=True, header=True, sep=",", quotechar='"', na_values="\x01"
    )
    claims = [claim for (claim,) in found.select("claim").fetchall()]
    assert [back(claim) for claim in claims] == expected
    live = re.compile(r"\s*[=+\-@＝]")
    assert any(live.match(row["claim"]) for row in rows_of(text)) == (raw == "true")
    lines = lines_of(take(client, world.recruiter, "evidence.jsonl", q="ada"))
    assert [line["claim"] for line in lines] == expected


def test_a_formula_as_a_name_is_text_in_a_spreadsheet(client: TestClient, world: World) -> None:
    with world.database.write() as session:
        session.get_one(Revision, world.submission.revision_id).name = "=1+1"

    safe = rows_of(take(client, world.recruiter, "submissions.csv", columns="name"))
    exact = rows_of(take(client, world.recruiter, "submissions.csv", columns="name", raw="true"))

    assert {"name": "'=1+1"} in safe
    assert {"name": "=1+1"} in exact


def test_headers_name_the_file_and_excel_gets_its_mark(client: TestClient, world: World) -> None:
    auth = world.recruiter.auth
    plain = client.get(f"{URL}/submissions.csv", params={"job": "engineer"}, headers=auth)
    excel = client.get(f"{URL}/submissions.csv", params={"for": "excel"}, headers=auth)
    lines = client.get(f"{URL}/history.jsonl", headers=auth)

    day = f"{utc_now():%Y-%m-%d}"
    told = f'attachment; filename="submissions_engineer_{day}.csv"'
    assert plain.headers["content-disposition"] == told
    assert plain.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    assert not plain.content.startswith(b"\xef\xbb\xbf")
    assert excel.content.startswith(b"\xef\xbb\xbfid,job,")
    assert "submissions_all-jobs_" in excel.headers["content-disposition"]
    assert lines.headers["content-type"] == "application/jsonl; charset=utf-8"
    assert lines.content == b""


def test_columns_come_as_they_are_asked_for(client: TestClient, world: World) -> None:
    text = take(client, world.recruiter, "submissions.csv", columns="email,id", sort="name")

    assert text.split("\r\n")[:2] == ["email,id", f"ada@example.org,{world.submission.id}"]
