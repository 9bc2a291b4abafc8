"""Signing in says the same, and does the same work, whoever knocks and with whatever."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace

import pytest
import sqlalchemy as sa
from pydantic import HttpUrl
from sqlalchemy import event
from sqlmodel import SQLModel
from starlette.testclient import TestClient

from service.app import create_app
from service.core import secrets
from service.core.db import Database
from service.core.errors import TooMany
from service.core.secrets import sign
from service.domain.accounts.tables import User
from service.doors.tools import Tools
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
    assert faces[0] == faces[1]


@pytest.mark.parametrize("kind", ["token", "cookie"])
def test_a_credential_is_looked_up_by_its_digest_and_never_compared(
    known: Watch, tools: Tools, kind: str
) -> None:
    """So no answer can come sooner for a guess that begins as a right one does (row 137)."""
    right = made(known, kind)
    asked = {}
    for guess in (right, right[:-1] + "~", "exh_" + "~" * 43):
        said: list[tuple[str, str]] = []
        event.listen(
            tools.database.engine,
            "before_cursor_execute",
            lambda *arguments, said=said: said.append((arguments[2], repr(arguments[3]))),
        )
        url, headers = face(kind, guess)
        answer = known.client.get(url, headers=headers)
        looked = [given for text, given in said if "token_digest = " in text]
        assert looked == [given for given in looked if secrets.digest(guess) in given] != []
        assert guess[:12] not in repr(said)
        asked[guess] = answer.status_code, [text for text, _ in said]
    assert asked[right][0] == 200
    assert asked[right[:-1] + "~"] == asked["exh_" + "~" * 43]
    assert right not in "".join(everything(known.world.database))


def made(known: Watch, kind: str) -> str:
    """A credential as it is shown once."""
    if kind == "cookie":
        enter(known, known.world.recruiter.email, PASSWORD)
        cookie = known.client.cookies["exhibit"]
        known.client.cookies.clear()
        return cookie
    url, auth = "/api/v1/tokens", known.world.admin.auth
    token: str = known.client.post(
        url, json={"name": "x", "scopes": ["read"]}, headers=auth
    ).json()["token"]
    return token


def face(kind: str, credential: str) -> tuple[str, dict[str, str]]:
    if kind == "cookie":
        return "/desk", {"Cookie": f"exhibit={credential}"}
    return "/api/v1/me", {"Authorization": f"Bearer {credential}"}


def everything(database: Database) -> Iterator[str]:
    with database.read() as session:
        for table in SQLModel.metadata.sorted_tables:
            yield from map(repr, session.connection().execute(sa.select(table)))


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


# Guessing.


def try_from(watch: Watch, tools: Tools, network: str, email: str, password: str) -> int:
    """One try by a browser that never signed in, from an address of its own."""
    app = create_app(tools)
    with TestClient(app, "http://localhost", follow_redirects=False, client=(network, 1)) as one:
        form = {"email": email, "password": password}
        return int(one.post("/sign-in", data=form, headers=SAME_SITE).status_code)


def limit_of(text: str) -> int:
    return int(text.partition("/")[0])


@pytest.mark.parametrize("known_address", [True, False])
def test_a_guesser_is_stopped_and_the_owner_gets_in_from_elsewhere(
    known: Watch, tools: Tools, known_address: bool
) -> None:
    owner = known.world.recruiter.email
    email, most = owner if known_address else "nobody@example.org", 10
    assert most == limit_of(tools.settings.rates.sign_ins_per_account)
    spellings = [email.upper(), f" {email}", email.capitalize()]
    guesses = [
        try_from(known, tools, f"2001:db8::{n}", spellings[n % 3], "wrong") for n in range(most + 2)
    ]

    # A window that ends meanwhile, which counts by the clock, lets one more through.
    assert (set(guesses[:most]), guesses[-1]) == ({401}, 429)
    assert try_from(known, tools, "2001:db8:0:1::1", owner, PASSWORD) == 303


def test_guessers_from_everywhere_never_lock_out_a_browser_that_signed_in(
    known: Watch, tools: Tools
) -> None:
    email, limit = known.world.recruiter.email, tools.settings.rates.sign_ins_everywhere
    assert enter(known, email, PASSWORD).status_code == 303
    for _ in range(limit_of(limit)):
        with suppress(TooMany):
            tools.rates.hit(limit, "sign_in_everywhere", email)

    assert try_from(known, tools, "192.0.2.1", email, PASSWORD) == 429
    assert enter(known, email, PASSWORD).status_code == 303
    other = known.world.reviewer.email  # what a browser knows is one account
    tools.rates.forget(limit, "sign_in_everywhere", email)
    for _ in range(limit_of(limit)):
        tools.rates.hit(limit, "sign_in_everywhere", other)
    assert enter(known, other, PASSWORD).status_code == 429


def test_a_known_browser_guesses_no_more_than_another(known: Watch) -> None:
    email = known.world.recruiter.email
    assert enter(known, email, PASSWORD).status_code == 303
    guesses = [enter(known, email, "wrong").status_code for _ in range(12)]

    assert (set(guesses[:10]), guesses[-1]) == ({401}, 429)


def test_a_forged_mark_of_a_known_browser_is_none(known: Watch, tools: Tools) -> None:
    email, limit = known.world.recruiter.email, tools.settings.rates.sign_ins_everywhere
    for _ in range(limit_of(limit)):
        tools.rates.hit(limit, "sign_in_everywhere", email)
    for mark in ("", "x", sign("another key of a good length....", "known browser", ["a", "b"])):
        known.client.cookies.set("exhibit-known", mark)
        assert enter(known, email, PASSWORD).status_code == 429


def test_the_cookies_of_a_safe_site_stay_with_it(tools: Tools, known: Watch) -> None:
    settings = tools.settings.model_copy(update={"base_url": HttpUrl("https://localhost")})
    app = create_app(replace(tools, settings=settings))
    with TestClient(app, "https://localhost", follow_redirects=False) as client:
        form = {"email": known.world.recruiter.email, "password": PASSWORD}
        answer = client.post("/sign-in", data=form, headers={"Origin": "https://localhost"})

    cookies = {one.partition("=")[0]: one for one in answer.headers.get_list("set-cookie")}
    assert sorted(cookies) == ["__Host-exhibit", "__Host-exhibit-known"]
    for cookie in cookies.values():
        flags = {part.strip().lower() for part in cookie.split(";")}
        assert {"httponly", "secure", "path=/"} <= flags
        assert not [flag for flag in flags if flag.startswith("domain")]
