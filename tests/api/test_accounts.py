"""Accounts, passwords and tokens over the API."""

import json
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import event

from service.core.secrets import hash_password
from service.domain.accounts.queries import find_password
from service.domain.accounts.tables import User
from service.doors.tools import Tools
from tests.worlds import Person, World

API = "/api/v1"
NEW = {"email": "new@example.org", "name": "Nea", "roles": ["reviewer"]}
PASSWORD = "correct horse battery"


def version(number: int, person: Person) -> dict[str, str]:
    return {**person.auth, "If-Match": f'"{number}"'}


def test_one_sees_oneself(client: TestClient, world: World) -> None:
    answer = client.get(f"{API}/me", headers=world.reviewer.auth)

    assert answer.status_code == 200
    assert answer.headers["etag"] == '"1"'
    shown = answer.json()
    assert (shown["email"], shown["roles"]) == ("reviewer@example.org", ["reviewer"])
    assert shown["scopes"] == ["admin", "export", "read", "write"]
    assert not {"password_hash", "email_key"} & set(shown)


def test_an_admin_makes_changes_ends_and_brings_back_an_account(
    client: TestClient, world: World
) -> None:
    made = client.post(f"{API}/users", json=NEW, headers=world.admin.auth)
    url = made.headers["location"]
    seen = client.get(url, headers=world.admin.auth)
    changed = client.patch(url, json={"roles": ["recruiter"]}, headers=version(1, world.admin))
    ended = client.post(f"{url}/deactivate", headers=version(2, world.admin))
    back = client.post(f"{url}/reactivate", headers=version(3, world.admin))

    assert (made.status_code, made.headers["etag"], seen.json()) == (201, '"1"', made.json())
    assert (changed.status_code, changed.json()["roles"]) == (200, ["recruiter"])
    assert (ended.json()["active"], ended.headers["etag"]) == (False, '"3"')
    assert (back.json()["active"], back.json()["name"]) == (True, "Nea")


def test_changes_say_which_version(client: TestClient, world: World) -> None:
    url = f"{API}/users/{world.reviewer.id}"
    without = client.patch(url, json={"name": "X"}, headers=world.admin.auth)
    stale = client.patch(url, json={"name": "X"}, headers=version(7, world.admin))

    assert (without.status_code, stale.status_code) == (428, 412)


def test_the_last_admin_stays(client: TestClient, world: World) -> None:
    url = f"{API}/users/{world.admin.id}"
    demoted = client.patch(url, json={"roles": ["reviewer"]}, headers=version(1, world.admin))
    ended = client.post(f"{url}/deactivate", headers=version(1, world.admin))

    assert [demoted.status_code, ended.status_code] == [409, 409]
    assert {demoted.json()["code"], ended.json()["code"]} == {"last_admin"}


def test_users_are_the_admins_affair(client: TestClient, world: World) -> None:
    url = f"{API}/users/{world.reviewer2.id}"
    for person in (world.recruiter, world.reviewer):
        statuses = [
            client.get(f"{API}/users", headers=person.auth).status_code,
            client.post(f"{API}/users", json=NEW, headers=person.auth).status_code,
            client.get(url, headers=person.auth).status_code,
            client.patch(url, json={"name": "X"}, headers=version(1, person)).status_code,
            client.post(f"{url}/deactivate", headers=version(1, person)).status_code,
            client.post(f"{url}/reactivate", headers=version(1, person)).status_code,
        ]
        assert statuses == [403] * 6


def test_strangers_get_nowhere(client: TestClient, world: World) -> None:
    for path in ("me", "users", "tokens", "colleagues"):
        assert client.get(f"{API}/{path}").status_code == 401
        bad = client.get(f"{API}/{path}", headers={"Authorization": "Bearer exh_nobody"})
        assert (bad.status_code, "www-authenticate" in bad.headers) == (401, True)


@pytest.mark.parametrize(
    "wrong",
    [
        {"roles": "admin"},
        {"roles": []},
        {"name": "\ud800"},
        {"name": "A\u202eB"},
        {"email": "a@x,b@x"},
        {"password_hash": "x"},
        {"id": "01890000-0000-7000-8000-000000000000"},
    ],
)
def test_what_makes_no_sense_is_refused_without_an_echo(
    client: TestClient, world: World, wrong: dict[str, Any]
) -> None:
    headers = world.admin.auth | {"Content-Type": "application/json"}
    answer = client.post(f"{API}/users", content=json.dumps(NEW | wrong), headers=headers)

    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["errors"][0]["pointer"].startswith(f"/{next(iter(wrong))}")
    assert "Nea" not in answer.text


def test_an_address_is_taken_once(client: TestClient, world: World) -> None:
    again = NEW | {"email": "REVIEWER@example.org"}
    answer = client.post(f"{API}/users", json=again, headers=world.admin.auth)

    assert (answer.status_code, answer.json()["code"]) == (409, "email_taken")


def test_the_list_of_users_pages_and_asks_as_much_for_one_as_for_six(
    client: TestClient, world: World, tools: Tools
) -> None:
    counts = []
    for limit in (1, 6):
        asked: list[str] = []

        def count(_c: Any, _cursor: Any, text: str, *_: Any, asked: list[str] = asked) -> None:
            asked.append(text)

        event.listen(tools.database.engine, "before_cursor_execute", count)
        answer = client.get(f"{API}/users?limit={limit}", headers=world.admin.auth)
        event.remove(tools.database.engine, "before_cursor_execute", count)
        assert len(answer.json()["items"]) == limit
        counts.append(len(asked))
    assert counts[0] == counts[1]
    first = client.get(f"{API}/users?limit=4", headers=world.admin.auth)
    rest = client.get(first.links["next"]["url"], headers=world.admin.auth).json()
    names = [user["name"] for user in first.json()["items"] + rest["items"]]
    assert len(set(names)) == 6
    assert client.get(f"{API}/users?limt=4", headers=world.admin.auth).status_code == 422


def test_colleagues_know_each_other(client: TestClient, world: World) -> None:
    items = client.get(f"{API}/colleagues", headers=world.reviewer.auth).json()["items"]

    assert [one["name"] for one in items] == sorted(one["name"] for one in items)
    assert len(items) == 6


def test_a_token_is_shown_once_and_ends_when_revoked(client: TestClient, world: World) -> None:
    body = {"name": "ci", "scopes": ["read"]}
    key = {"Idempotency-Key": "once"}
    made = client.post(f"{API}/tokens", json=body, headers=world.reviewer.auth | key)
    again = client.post(f"{API}/tokens", json=body, headers=world.reviewer.auth | key)
    text = made.json()["token"]
    bearer = {"Authorization": f"Bearer {text}"}

    assert (made.status_code, made.json()["scopes"]) == (201, ["read"])
    assert (again.status_code, again.json()["code"]) == (409, "secret_shown_once")
    assert client.get(f"{API}/me", headers=bearer).json()["scopes"] == ["read"]
    assert client.post(f"{API}/tokens", json=body, headers=bearer).status_code == 403
    listed = client.get(f"{API}/tokens", headers=bearer)
    assert text not in listed.text
    assert [one["name"] for one in listed.json()["items"]] == ["ci", "test"]
    url = f"{API}/tokens/{made.json()['id']}/revoke"
    assert client.post(url, headers=world.reviewer2.auth).status_code == 404
    revoked = client.post(url, headers=world.reviewer.auth)
    assert (revoked.status_code, revoked.json()["revoked_at"] is None) == (200, False)
    assert client.get(f"{API}/me", headers=bearer).status_code == 401


def test_a_token_is_for_oneself_and_never_wider(client: TestClient, world: World) -> None:
    body = {"name": "x", "user_id": str(world.reviewer2.id)}
    refused = client.post(f"{API}/tokens", json=body, headers=world.admin.auth)
    made = client.post(
        f"{API}/tokens", json={"name": "x", "scopes": ["write"]}, headers=world.admin.auth
    )
    wider = client.post(
        f"{API}/tokens",
        json={"name": "x", "scopes": ["admin"]},
        headers={"Authorization": f"Bearer {made.json()['token']}"},
    )

    assert (refused.status_code, made.status_code, wider.status_code) == (422, 201, 403)
    assert made.json()["user_id"] == str(world.admin.id)


def test_a_token_ends_with_the_one_it_was_made_with(client: TestClient, world: World) -> None:
    def bearer(made: Response) -> dict[str, str]:
        return {"Authorization": f"Bearer {made.json()['token']}"}

    body = {"name": "x", "expires_at": "2099-01-01T00:00:00Z"}
    first = client.post(f"{API}/tokens", json=body, headers=world.admin.auth)
    later = body | {"expires_at": "2099-01-02T00:00:00Z"}
    longer = client.post(f"{API}/tokens", json=later, headers=bearer(first))
    second = client.post(f"{API}/tokens", json={"name": "y"}, headers=bearer(first))
    client.post(f"{API}/tokens/{first.json()['id']}/revoke", headers=world.admin.auth)

    assert (longer.status_code, longer.json()["code"]) == (422, "expiry_late")
    assert second.json()["expires_at"] == "2099-01-01T00:00:00Z"
    assert second.json()["made_with"] == first.json()["id"]
    assert client.get(f"{API}/me", headers=bearer(second)).status_code == 401


@pytest.mark.parametrize(
    "wrong",
    [
        {"expires_at": "2020-01-01T00:00:00Z"},
        {"expires_at": 253402300800},
        {"scopes": ["root"]},
        {"scopes": []},
        {"name": ""},
    ],
)
def test_a_token_that_makes_no_sense_is_refused(
    client: TestClient, world: World, wrong: dict[str, Any]
) -> None:
    answer = client.post(f"{API}/tokens", json={"name": "x"} | wrong, headers=world.admin.auth)

    assert answer.status_code == 422


def test_changing_ones_password_asks_for_the_old_one(client: TestClient, world: World) -> None:
    with world.database.write() as session:
        session.get_one(User, world.reviewer.id).password_hash = hash_password(PASSWORD)
    url, auth = f"{API}/me/password", world.reviewer.auth
    new = "another long word"
    wrong = client.post(url, json={"old": "wrong", "new": new}, headers=auth)
    weak = client.post(url, json={"old": PASSWORD, "new": "short"}, headers=auth)
    own = client.post(url, json={"old": PASSWORD, "new": "reviewer@example.org"}, headers=auth)
    keyed = {**auth, "Idempotency-Key": "one"}
    done = client.post(url, json={"old": PASSWORD, "new": new}, headers=keyed)
    again = client.post(url, json={"old": PASSWORD, "new": new}, headers=keyed)

    assert (again.status_code, again.json()) == (200, done.json())
    assert [one.status_code for one in (wrong, weak, own, done)] == [422, 422, 422, 200]
    assert done.json() == {"tokens_left": 1}
    assert (wrong.json()["code"], own.json()["code"]) == ("wrong_old_password", "weak_password")
    assert own.json()["errors"][0]["pointer"] == "/new"
    with world.database.read() as session:
        known = find_password(session, world.reviewer.email)
    assert known.prove(new).user_id == world.reviewer.id


def test_tokens_end_with_the_password_on_demand(client: TestClient, world: World) -> None:
    with world.database.write() as session:
        session.get_one(User, world.reviewer.id).password_hash = hash_password(PASSWORD)
    body = {"old": PASSWORD, "new": "another long word", "revoke_tokens": True}
    done = client.post(f"{API}/me/password", json=body, headers=world.reviewer.auth)

    assert (done.status_code, done.json()) == (200, {"tokens_left": 0})
    assert client.get(f"{API}/me", headers=world.reviewer.auth).status_code == 401
    assert client.get(f"{API}/me", headers=world.reviewer2.auth).status_code == 200


def test_a_deactivated_user_is_out_at_once(client: TestClient, world: World) -> None:
    before = client.get(f"{API}/me", headers=world.outsider.auth)
    url = f"{API}/users/{world.outsider.id}/deactivate"
    client.post(url, headers=version(1, world.admin))
    after = client.get(f"{API}/me", headers=world.outsider.auth)

    assert (before.status_code, after.status_code) == (200, 401)
