"""Everything comes out, exactly, once, from one instant, and only to who may have it."""

import csv
import io
import json
import re
import resource
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import anyio
import duckdb
import pandas as pd
import pytest
import sqlalchemy as sa
from sqlmodel import Session, select, update
from starlette.testclient import TestClient

from service.core.clock import utc_now
from service.core.csv_rows import stream, undo
from service.core.db import Database, new_id
from service.core.outbox import EventDetail, EventRow
from service.domain.accounts.actor import Actor
from service.domain.accounts.tables import ApiToken, Role, Scope, User
from service.domain.candidates.tables import Candidate
from service.domain.desk.exports import (
    stream_evidence,
    stream_history,
    stream_ratings,
    stream_scorecards,
    stream_submissions,
)
from service.domain.desk.inputs import ExportFilter
from service.domain.jobs.tables import Criterion, Job, Rubric, SealRule
from service.domain.reviews.tables import (
    Assignment,
    AssignmentState,
    Confidence,
    Rating,
    Recommendation,
    Scorecard,
    ScorecardState,
)
from service.domain.submissions.tables import Access, Evidence, Revision, Source, Submission
from service.doors import exports
from service.doors.tools import Tools
from tests.worlds import Person, World

URL = "/api/v1/exports"
DOCS = Path(__file__).parents[2] / "docs" / "exports.md"
STREAMS = {
    "submissions": stream_submissions,
    "scorecards": stream_scorecards,
    "ratings": stream_ratings,
    "evidence": stream_evidence,
    "history": stream_history,
}
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


def take(client: TestClient, by: Person, file: str, **query: str) -> str:
    found = client.get(f"{URL}/{file}", params=query, headers=by.auth)
    assert found.status_code == 200, found.text
    return found.content.decode()


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def lines_of(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.split("\n") if line]


def judge(
    session: Session, world: World, by: Person, levels: dict[UUID, int | None], **more: Any
) -> None:
    """What an assignment that is done and its locked scorecard leave in the tables."""
    id, rubric_id = world.submission.id, more.pop("rubric_id", world.rubric_id)
    session.add(Assignment(submission_id=id, reviewer_id=by.id, state=AssignmentState.DONE))
    given = [level for level in levels.values() if level is not None]
    card = Scorecard(
        submission_id=id,
        reviewer_id=by.id,
        revision_id=world.submission.revision_id,
        rubric_id=rubric_id,
        state=ScorecardState.LOCKED,
        recommendation=Recommendation.YES,
        confidence=Confidence.HIGH,
        composite=sum(given) / len(given),
        locked_at=utc_now(),
        **more,
    )
    session.add(card)
    session.flush()
    for criterion_id, level in levels.items():
        session.add(Rating(scorecard_id=card.id, criterion_id=criterion_id, level=level))
    session.flush()


def owe(session: Session, world: World, by: Person) -> None:
    """Somebody who has yet to judge: this keeps the scores sealed."""
    session.add(Assignment(submission_id=world.submission.id, reviewer_id=by.id))
    session.flush()


def fill(database: Database, world: World, count: int, first: int = 0) -> None:
    """Many submissions, quickly."""
    made = [
        {"id": new_id(), "candidate_id": new_id(), "number": number}
        for number in range(first, first + count)
    ]
    now = utc_now()
    with database.write() as session:
        connection = session.connection()
        people = [
            {
                "id": one["candidate_id"],
                "name": f"N{one['number']}",
                "email": f"n{one['number']}@example.org",
                "email_key": f"n{one['number']}@example.org",
                "created_at": now,
                "updated_at": now,
                "version": 1,
            }
            for one in made
        ]
        connection.execute(sa.insert(Candidate), people)
        stays = {"created_at": now, "updated_at": now, "version": 1, "revision": 1, "waiting": 0}
        place = {"job_id": world.job_id, "stage_id": world.stages["new"]}
        connection.execute(
            sa.insert(Submission),
            [
                {"id": one["id"], "candidate_id": one["candidate_id"], **place, **stays}
                for one in made
            ],
        )
        content = {"location": "", "links": [], "answers": [], "search_text": "", "number": 1}
        connection.execute(
            sa.insert(Revision),
            [
                {
                    "id": new_id(),
                    "submission_id": one["id"],
                    "name": f"N{one['number']}",
                    "email": f"n{one['number']}@example.org",
                    "statement": "x" * 1_500,
                    "created_at": now,
                    "state": "confirmed",
                    "source": Source.API,
                    "confirm_reason": "",
                    **content,
                }
                for one in made
            ],
        )


# What is in it


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


# Who may, and what is refused


@pytest.mark.parametrize("table", STREAMS)
def test_who_may_export(client: TestClient, world: World, table: str) -> None:
    with world.database.write() as session:
        session.add(
            Access(
                submission_id=world.submission.id,
                user_id=world.reviewer.id,
                assigned=True,
                changed_at=utc_now(),
            )
        )

    def status(by: Person) -> int:
        return client.get(f"{URL}/{table}.csv", headers=by.auth).status_code

    assert status(world.reviewer) == status(world.outsider) == 403
    assert status(world.recruiter) == status(world.admin) == 200
    assert client.get(f"{URL}/{table}.csv").status_code == 401
    assert rows_of(take(client, world.other_recruiter, f"{table}.csv")) == []


def test_a_token_needs_the_scope_export_and_no_other(client: TestClient, world: World) -> None:
    def with_scopes(*scopes: Scope) -> int:
        with world.database.write() as session:
            mine = select(ApiToken).where(ApiToken.user_id == world.recruiter.id)
            session.exec(mine).one().scopes = list(scopes)
        found = client.get(f"{URL}/submissions.csv", headers=world.recruiter.auth)
        return found.status_code

    assert with_scopes(Scope.READ, Scope.WRITE, Scope.ADMIN) == 403
    assert with_scopes(Scope.EXPORT) == 200


def test_what_one_only_reviews_one_does_not_take_away(client: TestClient, world: World) -> None:
    with world.database.write() as session:
        user = session.get_one(User, world.other_recruiter.id)
        user.roles = [Role.RECRUITER, Role.REVIEWER]
        session.add(
            Access(
                submission_id=world.submission.id,
                user_id=user.id,
                assigned=True,
                changed_at=utc_now(),
            )
        )

    seen = client.get("/api/v1/submissions", headers=world.other_recruiter.auth).json()["items"]
    assert len(seen) == 1
    for table in STREAMS:
        assert rows_of(take(client, world.other_recruiter, f"{table}.csv")) == []


@pytest.mark.parametrize(
    "query",
    [
        {"job": "enginer"},
        {"columns": "id,salary"},
        {"columns": "id,id"},
        {"columns": ""},
        {"colums": "id"},
        {"for": "numbers"},
        {"reader": "excel"},
        {"raw": "yes"},
        {"min_score": "inf"},
        {"updated_since": "yesterday"},
        {"limit": "10"},
        {"cursor": "x"},
    ],
)
def test_a_mistake_exports_nothing_and_leaves_no_event(
    client: TestClient, world: World, query: dict[str, str]
) -> None:
    found = client.get(f"{URL}/submissions.csv", params=query, headers=world.recruiter.auth)

    assert found.status_code == 422
    with world.database.read() as session:
        assert not session.exec(select(EventRow)).all()


def test_unknown_tables_and_formats_do_not_exist(client: TestClient, world: World) -> None:
    for file in ("users.csv", "submissions.xlsx", "submissions", "submissions.csv.exe"):
        assert client.get(f"{URL}/{file}", headers=world.admin.auth).status_code == 404
    excel = client.get(f"{URL}/ratings.jsonl?for=excel", headers=world.admin.auth)
    assert excel.status_code == 422


def test_an_export_is_an_event(client: TestClient, world: World) -> None:
    take(client, world.recruiter, "evidence.csv", job="engineer", q="ada")

    with world.database.read() as session:
        made = session.exec(select(EventRow)).one()
        assert (made.name, made.actor_id) == ("export.made", world.recruiter.id)
        assert made.payload == {
            "user_id": str(world.recruiter.id),
            "table": "evidence",
            "format": "csv",
            "job_id": str(world.job_id),
        }
        detail = session.get_one(EventDetail, made.id).detail
        assert detail == {"job": "engineer", "q": "ada"}


# Seals


def test_sealed_columns_are_blank_row_by_row(client: TestClient, world: World) -> None:
    with world.database.write() as session:
        judge(session, world, world.reviewer, {world.criteria["depth"]: 4}, forecast=90)
        owe(session, world, world.reviewer2)
        auth = {**world.recruiter.auth, "If-Match": "*"}
    client.post(f"{world.submission.url}/moves", json={"to": "hired"}, headers=auth)

    (row,) = rows_of(take(client, world.recruiter, "submissions.csv", job="engineer", q="ada"))
    sealed = [
        name
        for name in row
        if name.startswith(("score", "recommended_", "mean_", "depth_", "humility_"))
        or name in ("decision_score", "decision_snapshot")
    ]
    blank = {name: row[name] for name in sealed if name != "scores_open"}
    assert set(blank.values()) == {""}
    assert (row["scores_open"], row["reviews_done"], len(blank)) == ("false", "1", 16)
    (card,) = rows_of(take(client, world.recruiter, "scorecards.csv"))
    assert (card["reviewer"], card["open"], card["forecast"], card["composite"]) == (
        "Reviewer",
        "false",
        "",
        "",
    )
    assert rows_of(take(client, world.recruiter, "ratings.csv")) == []


def test_two_databases_that_differ_in_sealed_scores_export_the_same(
    client: TestClient, world: World
) -> None:
    with world.database.write() as session:
        judge(session, world, world.reviewer, {world.criteria["depth"]: 4}, forecast=90)
        owe(session, world, world.reviewer2)

    def everything() -> list[str]:
        files = [f"{table}.{format}" for table in STREAMS for format in ("csv", "jsonl")]
        queries: list[dict[str, str]] = [{}, {"sort": "-score"}, {"min_score": "2"}]
        return [take(client, world.admin, file, **query) for file in files for query in queries]

    before = everything()
    with world.database.write() as session:
        changed = {"composite": 1.0, "forecast": None, "comment": "No!", "confidence": "low"}
        session.exec(update(Scorecard).values(recommendation=Recommendation.NO, **changed))
        session.exec(update(Rating).values(level=None, comment="Nothing."))

    assert everything() == before


def test_one_sees_the_own_scorecard_but_not_the_others(client: TestClient, world: World) -> None:
    with world.database.write() as session:
        session.get_one(User, world.recruiter.id).roles = [Role.RECRUITER, Role.REVIEWER]
        judge(session, world, world.recruiter, {world.criteria["depth"]: 2}, comment="Mine.")
        judge(session, world, world.reviewer, {world.criteria["depth"]: 4}, comment="Other.")
        owe(session, world, world.reviewer2)
        session.exec(update(Job).values(seal_rule=SealRule.ALL_LOCKED))

    cards = rows_of(take(client, world.recruiter, "scorecards.csv"))
    assert [card["comment"] for card in cards] == ["Mine.", ""]
    assert len(rows_of(take(client, world.recruiter, "ratings.csv"))) == 1
    (row,) = rows_of(take(client, world.recruiter, "submissions.csv", q="ada"))
    assert row["score"] == ""


# How it streams


class Reader:
    """A client at the wire: it may do something, or leave, when the first piece has come."""

    def __init__(
        self,
        client: TestClient,
        world: World,
        file: str,
        *,
        on_first: Callable[[], None] | None = None,
        leaves: bool = False,
    ) -> None:
        self.app: Callable[..., Awaitable[None]] = client.app
        self.scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": f"{URL}/{file}",
            "raw_path": f"{URL}/{file}".encode(),
            "root_path": "",
            "query_string": b"",
            "headers": [
                (b"host", b"localhost"),
                (b"authorization", world.recruiter.auth["Authorization"].encode()),
            ],
            "client": ("127.0.0.1", 1),
            "server": ("localhost", 80),
            "state": {},
        }
        self.on_first, self.leaves = on_first, leaves
        self.pieces: list[bytes] = []
        self.is_whole = False

    def read(self) -> bytes:
        anyio.run(self._read)
        return b"".join(self.pieces)

    async def _read(self) -> None:
        gone, self.asked = anyio.Event(), False

        async def receive() -> dict[str, Any]:
            if not self.asked:
                self.asked = True
                return {"type": "http.request", "body": b"", "more_body": False}
            await gone.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            if message["type"] != "http.response.body":
                return
            self.is_whole = not message.get("more_body", False)
            self.pieces.append(message.get("body", b""))
            if len(self.pieces) == 1 and self.on_first:
                await anyio.to_thread.run_sync(self.on_first)
            if self.leaves:
                gone.set()
                await anyio.lowlevel.checkpoint()

        with anyio.fail_after(60):
            await self.app(self.scope, receive, send)


END_TRANSACTIONS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE pid <> pg_backend_pid() AND datname = current_database() AND state = 'idle in transaction'
"""


def damage(database: Database, statement: str) -> None:
    """What a crash of the database or a broken disk does."""
    with database.write() as session:
        session.connection().execute(sa.text(statement))


def idle(tools: Tools) -> bool:
    """Whether nothing is held any more: no connection, no turn."""
    pool: Any = tools.database.engine.pool
    return pool.checkedout() == 0 and exports._turns._value == exports.MOST_AT_ONCE


def test_an_export_shows_one_instant_and_blocks_no_writer(
    client: TestClient, world: World, tools: Tools
) -> None:
    fill(world.database, world, 1_000)

    def change() -> None:
        with world.database.write() as session:
            moved = update(Submission).values(stage_id=world.stages["offer"])
            session.exec(moved)
            session.exec(update(Revision).values(name="changed"))
        fill_one = Candidate(name="New", email="new@x", email_key="new@x")
        with world.database.write() as session:
            session.add(fill_one)

    reader = Reader(client, world, "submissions.csv", on_first=change)
    rows = rows_of(reader.read().decode())

    assert (reader.is_whole, len(rows)) == (True, 1_002)
    assert {row["stage"] for row in rows} == {"new"}
    assert "changed" not in {row["name"] for row in rows}
    assert idle(tools)


def test_a_reader_who_leaves_frees_everything(
    client: TestClient, world: World, tools: Tools
) -> None:
    fill(world.database, world, 2_000)
    reader = Reader(client, world, "submissions.csv", leaves=True)

    text = reader.read()

    assert not reader.is_whole
    assert 0 < len(text) < 1_000_000
    assert idle(tools)


def test_a_failure_on_the_way_never_looks_like_a_whole_file(
    client: TestClient, world: World, tools: Tools
) -> None:
    fill(world.database, world, 1_000)
    if world.database.is_sqlite:
        damage(world.database, "UPDATE revision SET links = '{' WHERE name = 'N5'")
        reader = Reader(client, world, "submissions.csv")
    else:
        reader = Reader(
            client,
            world,
            "submissions.csv",
            on_first=lambda: damage(world.database, END_TRANSACTIONS),
        )

    text = reader.read()

    assert len(text) > 60_000
    assert not reader.is_whole
    assert idle(tools)
    found = client.get(f"{URL}/evidence.csv", headers=world.recruiter.auth)
    assert found.status_code == 200


def test_not_more_than_some_run_at_once(client: TestClient, world: World, tools: Tools) -> None:
    for _ in range(exports.MOST_AT_ONCE):
        assert exports._turns.acquire(blocking=False)
    try:
        refused = client.get(f"{URL}/submissions.csv", headers=world.recruiter.auth)
    finally:
        exports._turns.release(exports.MOST_AT_ONCE)

    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_exports")
    assert refused.headers["retry-after"] == "30"
    assert idle(tools)


def resident() -> int:
    """Bytes of memory the process holds: now, or where the system does not tell, at most so far."""
    now = Path("/proc/self/statm")
    if now.exists():
        return int(now.read_text().split()[1]) * resource.getpagesize()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def test_memory_stays_flat_over_twenty_thousand_rows(database: Database, world: World) -> None:
    for part in range(20):
        fill(database, world, 1_000, first=part * 1_000)

    with database.read() as session:
        me = Actor.of(session.get_one(User, world.recruiter.id))
        export = stream_submissions(session, me, ExportFilter(job="engineer"))
        pieces = stream(export.columns, ([str(row["statement"])] for row in export.rows))
        length, before = len(next(pieces)), resident()
        growth = 0
        for piece in pieces:
            length += len(piece)
            growth = max(growth, resident() - before)
        export.close()

    assert length > 20_000 * 1_500
    assert growth < 10 * 1024 * 1024
