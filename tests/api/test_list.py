"""The list of submissions: whom it shows, filters and sorts."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event
from sqlmodel import col, select, update
from starlette.testclient import TestClient

from service.core.db import Database
from service.domain.reviews.tables import (
    Recommendation,
    Scorecard,
)
from service.domain.submissions.tables import Revision, Submission
from tests.listing import URL, give_access, judge, names, scored, send
from tests.reads import steady
from tests.reviewing import assign
from tests.worlds import World


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    statements: list[str] = []

    def note(*arguments: Any) -> None:
        statements.append(arguments[2])

    event.listen(database.engine, "before_cursor_execute", note)
    yield statements
    event.remove(database.engine, "before_cursor_execute", note)


def test_each_sees_what_is_theirs(client: TestClient, world: World) -> None:
    with world.database.write() as session:
        give_access(session, world, world.reviewer)

    assert names(client, world.admin, sort="name") == ["Ada", "Grace"]
    assert names(client, world.recruiter, sort="name") == ["Ada", "Grace"]
    assert names(client, world.reviewer) == ["Ada"]
    assert names(client, world.other_recruiter) == names(client, world.outsider) == []
    assert client.get(URL).status_code == 401


def test_a_line_shows_what_one_chooses_by(client: TestClient, world: World) -> None:
    with world.database.write() as session:
        give_access(session, world, world.reviewer)
        judge(session, world, world.submission.id, 3.5, by=world.reviewer.id)

    (line,) = client.get(URL, params={"q": "ada"}, headers=world.recruiter.auth).json()["items"]

    assert line["id"] == str(world.submission.id)
    expected = {
        "job": "engineer",
        "stage": "new",
        "stage_name": "New",
        "decision": None,
        "email": "ada@example.org",
        "revision": 1,
        "waiting": 0,
        "version": 1,
        "evidence_count": 1,
        "evidence_kinds": ["open_source"],
        "reviews_done": 1,
        "reviews_wanted": 2,
        "score": 3.5,
    }
    assert {key: line[key] for key in expected} == expected
    (line,) = client.get(URL, headers=world.reviewer.auth).json()["items"]
    assert (line["reviews_done"], line["reviews_wanted"], line["score"]) == (None, None, 3.5)
    assert line["waiting"] is None


def test_a_list_of_three_costs_as_many_queries_as_one_of_one(
    client: TestClient, world: World, tools: Any
) -> None:
    with world.database.write() as session:
        send(session, world, "Third")

    def asked(query: dict[str, str]) -> tuple[int, int]:
        with counted(tools.database) as statements:
            found = names(client, world.recruiter, **query)
        return len(found), len(statements)

    (two, some), (all_three, as_many) = asked({"evidence_kind": "open_source"}), asked({})
    (one, few), (three, as_few) = asked({"q": "third"}), asked({"q": "example.org"})
    assert (one, two, three, all_three) == (1, 2, 3, 3)
    assert some == as_many <= 10
    assert few == as_few <= 12


def test_a_reviewer_learns_from_a_filter_of_no_other_reviewer(
    client: TestClient, world: World
) -> None:
    for asked in (world.reviewer, world.reviewer2):
        assert assign(client, world.recruiter, asked, world.submission).status_code == 201
    other = {"assigned_to": str(world.reviewer2.id)}

    assert names(client, world.reviewer, assigned_to="me") == ["Ada"]
    assert names(client, world.reviewer, **other) == []
    assert names(client, world.recruiter, **other) == ["Ada"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"job": "engineer"}, ["Ada", "Grace"]),
        ({"stage": "new"}, ["Ada", "Grace"]),
        ({"job": "engineer", "stage": "screen"}, []),
        ({"decision": "none"}, ["Ada", "Grace"]),
        ({"decision": "hired"}, []),
        ({"evidence_kind": "open_source"}, ["Ada", "Grace"]),
        ({"evidence_kind": "patent"}, []),
        ({"assigned_to": "me"}, []),
        ({"q": "GRACE compiler"}, ["Grace"]),
        ({"q": "grace ada"}, []),
        ({"q": "%"}, []),
        ({"q": "_"}, []),
        ({"q": "\\"}, []),
        ({"submitted_since": "2999-01-01T00:00:00Z"}, []),
        ({"submitted_since": "2000-01-01T00:00:00+02:00"}, ["Ada", "Grace"]),
        ({"updated_since": "2000-01-01T00:00:00Z"}, ["Ada", "Grace"]),
        ({"min_score": "1"}, []),
    ],
)
def test_filters(
    client: TestClient, world: World, query: dict[str, str], expected: list[str]
) -> None:
    assert names(client, world.recruiter, sort="name", **query) == expected


@pytest.mark.parametrize(
    "query",
    [
        {"job": "enginer"},
        {"stage": "nowhere"},
        {"job": "engineer", "stage": "nowhere"},
        {"job": ""},
        {"decision": "fired"},
        {"evidence_kind": "cv"},
        {"assigned_to": "you"},
        {"assigned_to": "00000000-0000-0000-0000-000000000000"},
        {"q": "x" * 501},
        {"q": "a\x00b"},
        {"min_score": "1e999"},
        {"min_score": "nan"},
        {"min_score": "high"},
        {"submitted_since": "253402300800"},
        {"submitted_since": "2026-02-30T00:00:00Z"},
        {"updated_since": "0001-01-01T00:00:00+14:00"},
        {"sort": "email"},
        {"sort": "name; DROP TABLE submission"},
        {"limit": "0"},
        {"limit": "201"},
        {"limit": "-1"},
        {"limit": "1_0"},
        {"limit": "1.0"},
        {"limit": "abc"},
        {"limit": "9" * 30},
        {"stag": "new"},
    ],
)
def test_a_mistyped_filter_is_refused(
    client: TestClient, world: World, query: dict[str, str]
) -> None:
    refused = client.get(URL, params=query, headers=world.recruiter.auth)

    assert refused.status_code == 422
    assert refused.headers["content-type"] == "application/problem+json"


def test_a_filter_given_twice_or_in_bad_utf_8_is_refused(client: TestClient, world: World) -> None:
    auth = world.recruiter.auth
    assert client.get(f"{URL}?stage=new&stage=screen", headers=auth).status_code == 422
    assert client.get(f"{URL}?q=%FF", headers=auth).status_code == 400


@pytest.mark.parametrize(
    "word", ["C++", "C#", ".NET", "a/b", "node.js", "@handle", "100%", "snake_case", '"quoted"']
)
def test_skills_are_found_as_they_are_written(client: TestClient, world: World, word: str) -> None:
    with world.database.write() as session:
        send(session, world, "Bjarne", statement=f"I write {word} daily.")
        send(session, world, "Dennis", statement="I write C daily, a b node js, 100 snakeXcase.")

    assert names(client, world.recruiter, q=word) == ["Bjarne"]


@pytest.mark.parametrize(("name", "query"), [("İpek", "ipek"), ("Große", "GROSSE"), ("É", "é")])
def test_case_is_folded_alike_on_both_databases(
    client: TestClient, world: World, name: str, query: str
) -> None:
    with world.database.write() as session:
        send(session, world, name)

    assert names(client, world.recruiter, q=query) == [name]


def test_a_search_has_so_many_words_and_no_more(client: TestClient, world: World) -> None:
    words = [f"{number}" for number in range(33)]

    assert names(client, world.recruiter, q=" ".join(words[:32])) == []
    refused = client.get(URL, params={"q": " ".join(words)}, headers=world.recruiter.auth)
    assert refused.status_code == 422
    assert refused.json()["errors"] == [{"pointer": "/q", "detail": "Search for at most 32 words."}]


def test_sorts_are_the_same_on_both_databases(client: TestClient, world: World) -> None:
    people = ["zoe", "Bob", "Äda", "ada", "Ärger", "Zoe", "_x", "😀", "שרה", "ada b"]
    with world.database.write() as session:
        session.exec(update(Revision).values(name="!"))
        for day, name in enumerate(people):
            send(session, world, name, days=day)

    def shown(sort: str) -> list[str]:
        return [name for name in names(client, world.recruiter, sort=sort) if name != "!"]

    by_name = ["_x", "ada", "ada b", "Bob", "zoe", "Zoe", "Äda", "Ärger", "שרה", "😀"]
    assert shown("name") == by_name
    assert shown("-name")[::-1] in (by_name, [*by_name[:4], "Zoe", "zoe", *by_name[6:]])
    assert shown("submitted") == shown("updated") == people
    assert shown("-submitted") == shown("-updated") == people[::-1]


def test_a_sealed_score_is_last_whatever_it_is_and_passes_no_filter(
    client: TestClient, world: World
) -> None:
    scored(world)

    down = names(client, world.recruiter, sort="-score")
    up = names(client, world.recruiter, sort="score")
    assert (down[0], down[1:3], down[3:5]) == ("S1", ["S2", "S3"], ["S0", "S4"])
    assert (up[:2], up[4]) == (["S4", "S0"], "S1")
    assert set(down[5:]) == set(up[5:]) == {"Sealed", "Ada", "Grace"}
    enough = names(client, world.recruiter, min_score=3, sort="name")
    assert enough == ["S1", "S2", "S3"]
    assert "Sealed" not in names(client, world.recruiter, min_score=-1)
    items = client.get(URL, headers=world.recruiter.auth).json()["items"]
    assert [item["score"] for item in items if item["name"] == "Sealed"] == [None]


def test_two_databases_that_differ_in_a_sealed_score_answer_the_same(
    client: TestClient, world: World
) -> None:
    scored(world)
    sealed = select(Submission.id).join(Revision).where(Revision.name == "Sealed")

    def everything() -> list[object]:
        queries = [{"sort": sort} for sort in ("score", "-score", "updated")]
        queries += [{"min_score": str(level)} for level in (0, 1, 2, 4)]
        auth = world.recruiter.auth
        return [steady(client.get(URL, params=query, headers=auth)) for query in queries]

    before = everything()
    with world.database.write() as session:
        change = update(Scorecard).where(col(Scorecard.submission_id).in_(sealed))
        session.exec(change.values(composite=1.0, recommendation=Recommendation.STRONG_NO))

    assert everything() == before
