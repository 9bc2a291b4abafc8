"""Who gets in by the pages, from where, and how it ends."""

import re
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlmodel import col, select, update

from service.core.clock import utc_now
from service.core.secrets import hash_password
from service.domain.accounts.actions.passwords import MOST_RESETS
from service.domain.accounts.tables import SignIn, User
from service.doors.tools import Tools
from service.worker.loop import run_once
from tests.web.conftest import OURS, PASSWORD, sign_in
from tests.worlds import World


def test_a_wrong_password_is_refused_in_the_same_words_as_an_unknown_address(
    client: TestClient, world: World
) -> None:
    with world.database.write() as session:
        session.get_one(User, world.recruiter.id).password_hash = hash_password(PASSWORD)
    answers = [
        client.post("/sign-in", data={"email": email, "password": "x" * 12}, headers=OURS)
        for email in (world.recruiter.email, "nobody@example.org")
    ]

    assert [answer.status_code for answer in answers] == [401, 401]
    words = [re.findall(r'role="alert">([^<]*)', answer.text) for answer in answers]
    assert words[0] == words[1] != []


def test_the_cookie_is_kept_from_scripts_and_other_sites(pages: TestClient, world: World) -> None:
    answer = pages.post("/sign-in", data={"email": world.recruiter.email, "password": PASSWORD})

    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost", "Sec-Fetch-Site": "cross-site"},
        {"Origin": ""},
    ],
)
def test_a_form_from_elsewhere_changes_nothing(
    pages: TestClient, world: World, headers: dict[str, str]
) -> None:
    path = f"/desk/submissions/{world.submission.id}/moves"
    answer = pages.post(path, data={"to": "screen", "version": "1"}, headers=headers)

    assert answer.status_code == 403
    submission = pages.get(f"/api/v1/submissions/{world.submission.id}", headers=world.admin.auth)
    assert submission.json()["stage"]["key"] == "new"


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "/\\evil.example",
        "https://evil.example",
        "javascript:alert(1)",
        "/\t/evil",
        "/日本",
    ],
)
def test_signing_in_never_leads_elsewhere(pages: TestClient, world: World, target: str) -> None:
    data = {"email": world.recruiter.email, "password": PASSWORD, "next": target}

    assert pages.post("/sign-in", data=data).headers["location"] == "/desk"


def test_nobody_floods_a_colleague_with_links_to_reset(
    pages: TestClient, world: World, tools: Tools
) -> None:
    addresses = [world.recruiter.email, "new@example.org"] * 4
    asked = [pages.post("/reset-password", data={"email": one}) for one in addresses]
    run_once(tools)
    letters = list((tools.settings.data_dir / "mail").glob("*.eml"))

    assert len({(answer.status_code, answer.text) for answer in asked}) == 1
    assert asked[0].status_code == 200
    assert len(letters) == MOST_RESETS


def test_a_new_password_by_mail_lets_its_owner_in_whoever_guesses(
    client: TestClient, world: World, tools: Tools
) -> None:
    client.headers.update(OURS)
    email, limit = world.recruiter.email, tools.settings.rates.sign_ins_everywhere
    for _ in range(int(limit.partition("/")[0])):
        tools.rates.hit(limit, "sign_in_everywhere", email)
    client.post("/reset-password", data={"email": email})
    run_once(tools)
    letter = next((tools.settings.data_dir / "mail").glob("*.eml")).read_text()
    link = re.search(r"/reset-password/\S+", letter)
    assert link
    form = {"email": email, "password": "another long password"}

    assert client.post("/sign-in", data=form).status_code == 429
    assert client.post(link[0], data=form).status_code == 303
    assert client.post("/sign-in", data=form).status_code == 303


def test_who_holds_a_session_or_a_token_cannot_guess_the_password(
    pages: TestClient, world: World, tools: Tools
) -> None:
    limit, who = tools.settings.rates.sign_ins_per_account, world.recruiter
    for _ in range(int(limit.partition("/")[0])):
        tools.rates.hit(limit, "old_password", str(who.id))
    guess = {"old": PASSWORD, "new": "another long password"}
    by_page = pages.post("/desk/account", data={"old": PASSWORD, "password": guess["new"]})
    by_call = pages.post("/api/v1/me/password", json=guess, headers=who.auth)

    assert [by_page.status_code, by_call.status_code] == [429, 429]


def test_signing_out_ends_the_session_on_the_server(pages: TestClient) -> None:
    cookie = pages.cookies.get("exhibit")
    assert pages.get("/desk").status_code == 200
    assert pages.post("/sign-out").status_code == 303
    pages.cookies.set("exhibit", cookie or "")

    answer = pages.get("/desk")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=/desk")


def test_signing_in_again_ends_what_the_browser_held_before(
    pages: TestClient, world: World
) -> None:
    before = pages.cookies["exhibit"]
    sign_in(pages, world, world.reviewer)
    after = pages.cookies["exhibit"]
    statuses = []
    for cookie in (after, before):
        pages.cookies.clear()
        pages.cookies.set("exhibit", cookie)
        statuses.append(pages.get("/desk").status_code)

    assert statuses == [200, 303]


@pytest.mark.parametrize("end", ["idle", "over", "deactivated"])
def test_a_session_ends(pages: TestClient, world: World, end: str) -> None:
    now = utc_now()
    with world.database.write() as session:
        if end == "idle":
            late = {"last_seen_at": now - timedelta(hours=13)}
            session.execute(update(SignIn).values(**late))
        elif end == "over":
            session.execute(update(SignIn).values(expires_at=now))
        else:
            mine = update(User).where(col(User.id) == world.recruiter.id)
            session.execute(mine.values(deactivated_at=now))

    assert pages.get("/desk").status_code == 303


def test_private_pages_are_never_kept_by_a_browser(pages: TestClient) -> None:
    assert pages.get("/desk/submissions").headers["cache-control"] == "no-store"


def test_what_one_may_not_see_does_not_exist(pages: TestClient, world: World) -> None:
    pages.cookies.clear()
    sign_in(pages, world, world.other_recruiter)
    one = f"/desk/submissions/{world.submission.id}"
    paths = [one, f"{one}/scorecard", f"{one}/files/{world.submission.id}"]

    assert [pages.get(path).status_code for path in paths] == [404, 404, 404]
    assert "Ada" not in pages.get("/desk/submissions").text


def test_words_of_candidates_are_shown_and_never_run(pages: TestClient, world: World) -> None:
    attack = "<script>alert(1)</script><b onmouseover=x>\"'&"
    content = {
        "name": attack,
        "email": "eve@example.org",
        "consent": True,
        "location": attack,
        "statement": attack,
        "evidence": [
            {"title": attack, "claim": attack, "contribution": attack, "cannot_show": attack}
        ],
        "answers": {"wrong": attack},
    }
    sent = pages.post(f"/api/v1/jobs/{world.job_slug}/submissions", json=content)
    assert sent.status_code == 201
    shown = [
        pages.get("/desk/submissions"),
        pages.get(f"/desk/submissions/{sent.json()['id']}"),
    ]

    for answer in shown:
        assert answer.status_code == 200
        assert "&lt;script&gt;" in answer.text
        assert "<script>alert" not in answer.text
        assert "<b onmouseover" not in answer.text


def test_a_stale_page_moves_nothing(pages: TestClient, world: World) -> None:
    path = f"/desk/submissions/{world.submission.id}/moves"
    first = pages.post(path, data={"to": "screen", "version": "1"})
    second = pages.post(path, data={"to": "onsite", "version": "1"})

    assert (first.status_code, second.status_code) == (303, 412)
    with world.database.read() as session:
        assert len(session.exec(select(SignIn)).all()) == 1
