"""Who may export what: rights, mistakes, seals, and the note that it was done."""

import hashlib
from datetime import timedelta

import pytest
from sqlmodel import select, update
from starlette.testclient import TestClient

from service.core.clock import utc_now
from service.core.outbox import EventDetail, EventRow
from service.domain.accounts.tables import ApiToken, Role, Scope, SignIn, User
from service.domain.jobs.tables import Job, SealRule
from service.domain.reviews.tables import (
    Rating,
    Recommendation,
    Scorecard,
)
from service.domain.submissions.tables import Access
from tests.exporting import STREAMS, URL, judge, owe, rows_of, take
from tests.worlds import Person, World


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


def test_the_pages_offer_the_same_file(client: TestClient, world: World) -> None:
    file = "/desk/exports/submissions.csv"
    with world.database.write() as session:
        soon = utc_now() + timedelta(hours=1)
        signed_in = SignIn(
            user_id=world.recruiter.id,
            token_digest=hashlib.sha256(b"cookie").hexdigest(),
            last_seen_at=utc_now(),
            expires_at=soon,
        )
        session.add(signed_in)
    cookie = {"Cookie": "exhibit=cookie"}

    assert client.get(file).status_code == 303
    assert client.get(file, params={"stag": "new"}, headers=cookie).status_code == 422
    page = client.get(file, params={"sort": "name"}, headers=cookie)
    assert page.text == take(client, world.recruiter, "submissions.csv", sort="name")
