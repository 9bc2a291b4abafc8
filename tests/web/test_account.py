"""The account page: a new password, and tokens for programs."""

import re
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from service.app import create_app
from service.core.secrets import hash_password
from service.domain.accounts.tables import User
from service.doors.tools import Tools
from tests.worlds import World

PASSWORD = "correct horse battery staple"
ACCOUNT = "/desk/account"
CHANGE = {"old": PASSWORD, "password": "another long password"}


def browser(tools: Tools) -> TestClient:
    headers = {"Origin": "http://localhost"}
    return TestClient(
        create_app(tools), "http://localhost", follow_redirects=False, headers=headers
    )


@pytest.fixture
def pages(tools: Tools, world: World) -> Iterator[TestClient]:
    """The reviewer's browser, signed in."""
    with world.database.write() as session:
        session.get_one(User, world.reviewer.id).password_hash = hash_password(PASSWORD)
    with browser(tools) as client:
        enter(client, world)
        yield client


def enter(client: TestClient, world: World, password: str = PASSWORD) -> None:
    form = {"email": world.reviewer.email, "password": password}
    assert client.post("/sign-in", data=form).status_code == 303


def opens(client: TestClient, token: str) -> bool:
    headers = {"Authorization": f"Bearer {token}"}
    return bool(client.get("/api/v1/me", headers=headers).status_code == 200)


def test_who_changes_the_password_stays_signed_in_and_all_other_browsers_do_not(
    pages: TestClient, world: World, tools: Tools
) -> None:
    with browser(tools) as other:
        enter(other, world)
        before = pages.cookies["exhibit"]
        changed = pages.post(ACCOUNT, data=CHANGE)
        shown = pages.get(changed.headers["location"])

        assert (changed.status_code, shown.status_code) == (303, 200)
        assert "1 of your tokens is still good" in shown.text
        assert other.get(ACCOUNT).status_code == 303
        other.cookies.set("exhibit", before)
        assert other.get(ACCOUNT).status_code == 303
    assert opens(pages, world.reviewer.token)


def test_tokens_end_with_the_old_password_if_one_wishes(pages: TestClient, world: World) -> None:
    pages.post(ACCOUNT, data=CHANGE | {"tokens_too": "yes"})

    assert [opens(pages, one.token) for one in (world.reviewer, world.reviewer2)] == [False, True]


def test_a_wrong_old_password_changes_nothing(pages: TestClient, world: World) -> None:
    answer = pages.post(ACCOUNT, data=CHANGE | {"old": "wrong", "tokens_too": "yes"})

    assert (answer.status_code, "The old password is not right." in answer.text) == (422, True)
    assert opens(pages, world.reviewer.token)
    assert pages.get(ACCOUNT).status_code == 200


def test_a_token_is_made_shown_once_and_revoked(pages: TestClient, world: World) -> None:
    form = {"name": "CI <b>", "scope": ["read", "export"], "days": "30"}
    made = pages.post(f"{ACCOUNT}/tokens", data=form)
    found = re.search(r"exh_[\w-]{40,}", made.text)
    assert found
    shown = pages.get(ACCOUNT).text

    assert opens(pages, found[0])
    assert ("CI &lt;b&gt;" in shown, found[0][:12] in shown, found[0] in shown) == (
        *(True, True, False),
    )
    listed = pages.get("/api/v1/tokens", headers=world.reviewer.auth).json()["items"][0]
    assert (listed["scopes"], listed["made_with"]) == (["read", "export"], None)
    assert listed["expires_at"] is not None
    assert pages.post(f"{ACCOUNT}/tokens/{listed['id']}/revoke").status_code == 303
    assert not opens(pages, found[0])


@pytest.mark.parametrize(
    "wrong", [{"name": ""}, {"scope": []}, {"scope": ["root"]}, {"name": "a\u202eb"}]
)
def test_a_token_that_makes_no_sense_is_refused_in_words(
    pages: TestClient, wrong: dict[str, object]
) -> None:
    form = {"name": "CI", "scope": ["read"]} | wrong
    answer = pages.post(f"{ACCOUNT}/tokens", data=form)

    assert (answer.status_code, 'role="alert"' in answer.text) == (422, True)
    assert pages.get(ACCOUNT).text.count("<tr>") == 2


def test_a_token_of_somebody_else_is_not_there(pages: TestClient, world: World) -> None:
    listed = pages.get("/api/v1/tokens", headers=world.recruiter.auth).json()["items"][0]

    assert pages.post(f"{ACCOUNT}/tokens/{listed['id']}/revoke").status_code == 404
    assert opens(pages, world.recruiter.token)
