"""Signing in says the same, and does the same work, whoever knocks and with whatever."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import event
from starlette.testclient import TestClient

from service.core import secrets
from service.domain.accounts.tables import User
from tests.hostile.invariants import Watch

SAME_SITE = {"Origin": "http://localhost"}
PASSWORD = "a password of some length"
TARGETS = [
    *("//evil.example", "/\\evil.example", "https://evil.example", "https:evil.example", "%2f"),
    *("javascript:alert(1)", "/\t/evil.example", "/\r\nSet-Cookie: a=b", "///evil", "\\\\evil"),
]
ADDRESSES = ["", "a", "a\u202e@example.org", "x" * 9_000 + "@example.org", "'; DROP TABLE user"]


@pytest.fixture
def known(watch: Watch) -> Watch:
    with watch.world.database.write() as session:
        user = session.get_one(User, watch.world.recruiter.id)
        user.password_hash = secrets.hash_password(PASSWORD)
    return watch


def enter(watch: Watch, email: str, password: str, **more: str):
    form = {"email": email, "password": password, **more}
    return watch.client.post("/sign-in", data=form, headers=SAME_SITE)


def test_known_and_unknown_people_cost_the_same_statements(known: Watch, tools) -> None:
    faces = []
    for email in (known.world.recruiter.email, "nobody999@example.org"):
        said: list[str] = []
        event.listen(
            tools.database.engine,
            "before_cursor_execute",
            lambda *arguments, said=said: said.append(arguments[2]),
        )
        with known.nothing_stored():
            answer = enter(known, email, "not the password")
        faces.append((answer.status_code, answer.text.replace(email, "…"), tuple(said)))
    assert faces[0][0] == 401
    assert faces[0][:2] == faces[1][:2]
    assert faces[0][2][: len(faces[1][2])] == faces[1][2]


def test_one_goes_on_only_within_this_site(known: Watch) -> None:
    for target in TARGETS:
        answer = enter(known, known.world.recruiter.email, PASSWORD, next=target)
        assert (answer.status_code, answer.headers["location"]) == (303, "/desk"), target


@pytest.mark.parametrize("address", ADDRESSES, ids=range(len(ADDRESSES)))
def test_what_is_no_address_is_nobody(known: Watch, address: str) -> None:
    with known.nothing_stored():
        assert enter(known, address, "x").status_code == 401


@pytest.mark.parametrize(
    "headers",
    [{}, {"Origin": "null"}, {"Origin": "http://evil"}, {"Sec-Fetch-Site": "cross-site"}],
    ids=str,
)
def test_other_sites_sign_nobody_in(known: Watch, headers: dict[str, str]) -> None:
    form = {"email": known.world.recruiter.email, "password": PASSWORD}
    with known.nothing_stored():
        assert known.client.post("/sign-in", data=form, headers=headers).status_code == 403


def test_forty_at_once_stay_bounded(known: Watch) -> None:
    ready = threading.Barrier(40)

    def knock(_number: int) -> int:
        ready.wait()
        return int(enter(known, known.world.recruiter.email, "wrong").status_code)

    with ThreadPoolExecutor(40) as people:
        answers = list(people.map(knock, range(40)))

    assert set(answers) == {401, 429}
    assert answers.count(401) <= 10
    known.finish()


def test_a_stranger_is_never_broken_by_what_a_client_says(client: TestClient) -> None:
    for path in ("/", "/sign-in?next=%00", "/reset-password/%F0", "/jobs/%FF", "/receipts/x"):
        assert client.get(path).status_code < 500, path
