"""Every page: sessions that have ended, forms from elsewhere, and what every answer carries."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from string import Formatter
from typing import Any

import pytest
import sqlalchemy as sa
from httpx2 import Response
from starlette.testclient import TestClient

from service.core.clock import utc_now
from service.core.secrets import digest, hash_password
from service.domain.accounts.tables import SignIn, User
from service.doors.security import API_POLICY, PAGE_POLICY
from tests.hostile.calls import CALLS, Full
from tests.hostile.invariants import Watch
from tests.hostile.test_requests import spellings
from tests.house.test_routes import PAGES, PUBLIC_PAGES

PASSWORD = "correct horse battery staple"
OURS = {"Origin": "http://localhost"}
STAFF_PAGES = [(method, path) for method, path in PAGES if path not in PUBLIC_PAGES]
UUIDS = 8  # of the spellings: those that mean the same
SUBMISSION_PAGES = {"/desk/submissions/{id}", "/desk/submissions/{id}/files/{file_id}"}
CARRIED = {
    "x-content-type-options",
    "x-frame-options",
    "referrer-policy",
    "cross-origin-opener-policy",
    "cross-origin-resource-policy",
    "permissions-policy",
    "cache-control",
    "x-request-id",
}
FOREIGN = [
    {},
    {"Origin": "null"},
    {"Origin": "http://evil.example"},
    {"Origin": "http://localhost.evil.example"},
    {"Origin": "http://localhost:81"},
    {"Origin": "http://localhost", "Sec-Fetch-Site": "cross-site"},
    {"Origin": "http://localhost", "Sec-Fetch-Site": "same-site"},
    {"Referer": "http://localhost/desk"},
]
BODIES: list[dict[str, Any]] = [
    {"data": {"to": "screen", "version": "1"}},
    {"files": {"file": ("a.txt", b"a")}, "data": {"to": "screen", "version": "1"}},
    {"content": b'{"to": "screen"}', "headers": {"Content-Type": "text/plain"}},
]


@pytest.fixture
def full(full: Full) -> Full:
    """The admin and the recruiter have a password."""
    world = full.world
    with world.database.write() as session:
        for person in (world.admin, world.recruiter):
            session.get_one(User, person.id).password_hash = hash_password(PASSWORD)
    return full


def url_of(full: Full, path: str) -> str:
    return path.format_map(full.ids | {"id": full.ids["submission"], "token": "nonsense"})


def fields(path: str) -> list[str]:
    return [name for _, name, _, _ in Formatter().parse(path) if name]


def enter(client: TestClient, full: Full, password: str = PASSWORD) -> str:
    """The cookie of a browser of the admin's."""
    form = {"email": full.world.admin.email, "password": password}
    answer = client.post("/sign-in", data=form, headers=OURS)
    assert answer.status_code == 303
    cookie = client.cookies.get("exhibit")
    client.cookies.clear()
    assert cookie
    return cookie


def opens(client: TestClient, full: Full, cookie: str) -> list[str]:
    """The pages for staff that this cookie opens, or on which it does something."""
    headers = OURS | {"Cookie": f"exhibit={cookie}"}
    found = []
    for method, path in STAFF_PAGES:
        form = {"version": "1"} if method == "POST" else None
        answer = client.request(method, url_of(full, path), headers=headers, data=form)
        asked = answer.headers.get("location", "").startswith("/sign-in?next=/desk")
        if (method, answer.status_code, asked) not in {("GET", 303, True), ("POST", 401, False)}:
            found.append(f"{method} {path} {answer.status_code}")
    return found


def test_an_id_has_one_spelling_on_pages_too(client: TestClient, watch: Watch, full: Full) -> None:
    headers = OURS | {"Cookie": f"exhibit={enter(client, full)}"}
    found = {}
    with watch.nothing_stored("spellings"):
        for method, path in PAGES:
            right = url_of(full, path)
            for name in {"id", "assignment_id", "revision_id", "file_id"} & set(fields(path)):
                id = full.ids["submission" if name == "id" else name]
                for other in islice(spellings(id), UUIDS):
                    answer = client.request(method, right.replace(id, other), headers=headers)
                    found[method, path, name, other] = answer.status_code
            if method == "GET" and path in SUBMISSION_PAGES:
                assert client.get(right, headers=headers).status_code == 200

    assert len(found) > 100
    assert {key: status for key, status in found.items() if status != 404} == {}


# How a session ends (rows 145, 154, 155).


def sign_out(client: TestClient, full: Full, cookie: str) -> None:
    answer = client.post("/sign-out", headers=OURS | {"Cookie": f"exhibit={cookie}"})
    assert answer.status_code == 303
    assert "cache" in answer.headers["clear-site-data"]
    assert 'exhibit=""' in answer.headers["set-cookie"]


def new_password(client: TestClient, full: Full, cookie: str) -> None:
    form = {"old": PASSWORD, "password": "another horse with a longer staple"}
    headers = OURS | {"Cookie": f"exhibit={cookie}"}
    answer = client.post("/desk/account", data=form, headers=headers)
    assert answer.status_code == 303
    assert f"exhibit={cookie}" not in answer.headers["set-cookie"]  # another one goes on


def deactivate(client: TestClient, full: Full, cookie: str) -> None:
    """By another admin, of whom there must be one."""
    world = full.world
    url = f"/api/v1/users/{world.outsider.id}"
    made = client.patch(
        url, json={"roles": ["admin"]}, headers=world.admin.auth | {"If-Match": "*"}
    )
    assert made.status_code == 200
    url = f"/api/v1/users/{world.admin.id}/deactivate"
    ended = client.post(url, headers=world.outsider.auth | {"If-Match": "*"})
    assert ended.status_code == 200


def idle(client: TestClient, full: Full, cookie: str) -> None:
    passed(full, cookie, last_seen_at=utc_now() - timedelta(hours=12, seconds=1))


def over(client: TestClient, full: Full, cookie: str) -> None:
    passed(full, cookie, expires_at=utc_now())


def passed(full: Full, cookie: str, **times: object) -> None:
    with full.world.database.write() as session:
        mine = sa.update(SignIn).where(sa.column("token_digest") == digest(cookie))
        session.connection().execute(mine.values(times))


@pytest.mark.parametrize("end", [sign_out, new_password, deactivate, idle, over])
def test_a_session_that_has_ended_opens_no_page(
    client: TestClient, watch: Watch, full: Full, end: Any
) -> None:
    cookie = enter(client, full)
    alive = client.get("/desk", headers={"Cookie": f"exhibit={cookie}"})
    end(client, full, cookie)

    assert alive.status_code == 200
    with watch.nothing_stored():
        assert opens(client, full, cookie) == []


def test_a_session_lasts_up_to_its_limits(client: TestClient, full: Full) -> None:
    cookie = enter(client, full)
    seen = utc_now() - timedelta(hours=12) + timedelta(minutes=1)
    passed(full, cookie, last_seen_at=seen, expires_at=utc_now() + timedelta(minutes=1))

    assert client.get("/desk", headers={"Cookie": f"exhibit={cookie}"}).status_code == 200


def test_a_form_that_met_the_end_of_its_session_is_handed_back_whole(
    client: TestClient, watch: Watch, full: Full
) -> None:
    """Row 155: sign in in another window, press again: nothing was typed in vain."""
    cookie = enter(client, full)
    over(client, full, cookie)
    url = f"/desk/submissions/{full.ids['submission']}/moves"
    auth = full.world.admin.auth
    version = client.get(full.world.submission.url, headers=auth).headers["etag"].strip('"')
    typed = {"to": "screen", "version": version, "note": 'Long & "dear" <words>\n\nwere typed.'}
    with watch.nothing_stored():
        for cookies in (f"exhibit={cookie}", ""):
            answer = client.post(url, data=typed, headers=OURS | {"Cookie": cookies})
            assert answer.status_code == 401
            assert f'action="{url}"' in answer.text
            assert "Long &amp; &#34;dear&#34; &lt;words&gt;\n\nwere typed." in answer.text
    again = client.post(
        url, data=typed, headers=OURS | {"Cookie": f"exhibit={enter(client, full)}"}
    )
    assert again.status_code == 303


def test_no_page_hands_back_a_password_or_what_another_site_sent(
    client: TestClient, watch: Watch, full: Full
) -> None:
    secret = {"old": "secret-old-words", "password": "secret-new-words"}
    with watch.nothing_stored():
        ours = client.post("/desk/account", data=secret, headers=OURS)
        url = f"/desk/submissions/{full.ids['submission']}/moves"
        theirs = [client.post(url, data={"to": "planted"}, headers=one) for one in FOREIGN]
    assert ours.status_code == 401
    assert "secret-" not in ours.text
    assert [answer.status_code for answer in theirs] == [401] * len(FOREIGN)
    assert not [answer for answer in theirs if "planted" in answer.text]


# Forms from elsewhere (rows 157, 158).


def test_no_page_of_staff_takes_a_form_from_elsewhere(
    client: TestClient, watch: Watch, full: Full
) -> None:
    cookie = {"Cookie": f"exhibit={enter(client, full)}"}
    posts = [url_of(full, path) for method, path in STAFF_PAGES if method == "POST"]
    assert {"/sign-out", "/desk/account", "/desk/reject"} <= set(posts)
    with watch.nothing_stored():
        for url in posts:
            for source in FOREIGN:
                for body in BODIES:
                    headers = cookie | source | body.get("headers", {})
                    answer = client.post(url, **(body | {"headers": headers}))
                    if answer.status_code != 403:
                        watch.wrong.append(f"{url} {source}: {answer.status_code}")
    assert client.get("/desk", headers=cookie).status_code == 200  # not even signed out
    watch.finish()


# What every answer carries (rows 160, 167, 253).


def answers(client: TestClient, full: Full) -> Iterator[tuple[str, Response]]:
    """Every route, as strangers and as an admin, and refused in many ways."""
    cookie = {"Cookie": f"exhibit={enter(client, full)}"}
    for method, path in PAGES:
        url = url_of(full, path)
        for who in ({}, cookie):
            yield path, client.request(method, url, headers=OURS | who)
        yield path, client.request("PROPFIND", url)
        yield path, client.request(method, f"{url}?{'x' * 9_000}")
        if method == "POST":
            yield path, client.post(url, headers=OURS | cookie, data={"x": "a" * 9_000_000})
    for call in CALLS:
        yield call.path, client.request(call.method, full.url(call))
        headers = full.person(call).auth | {"If-Match": "*"}
        yield call.path, client.request(call.method, full.url(call), headers=headers)
        yield call.path, client.request("PROPFIND", full.url(call))
        headers |= {"Content-Type": "application/json"}
        yield call.path, client.request(call.method, full.url(call), headers=headers, content=b"{")
        url = f"{full.url(call)}?never_heard=1"
        yield call.path, client.request(call.method, url, headers=headers)
    for path in ("/health/live", "/health/ready", "/metrics", "/nothing", "/api/v1/nothing"):
        yield path, client.get(path)
    yield "elsewhere", client.post("/sign-out", headers=cookie)
    yield "wrong host", client.get("/", headers={"Host": "evil.example"})
    yield "too many", client.get("/", headers={f"X-{number}": "a" for number in range(200)})


def test_every_answer_tells_the_browser_what_not_to_do(
    client: TestClient, watch: Watch, full: Full
) -> None:
    seen = set()
    client.headers["Accept-Encoding"] = "gzip, br, zstd"
    for path, answer in answers(client, full):
        seen.add(answer.status_code)
        policy = answer.headers.get("content-security-policy", "")
        missing = CARRIED - set(answer.headers)
        is_file = "attachment" in answer.headers.get("content-disposition", "")
        usual = policy in (API_POLICY, PAGE_POLICY) or is_file
        if missing or not usual or "frame-ancestors 'none'" not in policy:
            watch.wrong.append(f"{path} {answer.status_code}: {missing} {policy}")
        if {"content-encoding", "server", "x-powered-by"} & set(answer.headers):
            watch.wrong.append(f"{path} {answer.status_code}: {answer.headers}")
        if answer.status_code >= 500 and path != "/health/ready":  # no migration ran here
            watch.wrong.append(f"{path}: {answer.status_code}")
    assert seen >= {200, 303, 400, 401, 403, 404, 405, 413, 414, 415, 422, 431}
    watch.finish()
