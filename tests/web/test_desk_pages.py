"""What staff see and do at the desk beside reviewing: read, move, reject, look after the queue."""

import re

import pytest
from fastapi.testclient import TestClient
from sqlmodel import select

from service.core.outbox import Task, TaskState
from service.domain.accounts.tables import Role, User
from service.domain.jobs.tables import Job, JobState, TeamMember
from service.domain.messages.tables import Message
from tests.reviewing import CARD, assign, read, save
from tests.web.conftest import sign_in, version_on
from tests.worlds import World

OUTBOX = "/desk/outbox"


def url(world: World) -> str:
    return f"/desk/submissions/{world.submission.id}"


def send_again(pages: TestClient, world: World, claim: str) -> None:
    """A second submission from the first one's address."""
    content = {
        "name": "Ada",
        "email": "ada@example.org",
        "consent": True,
        "evidence": [{"title": "Another", "claim": claim}],
    }
    sent = pages.post(f"/api/v1/jobs/{world.job_slug}/submissions", json=content)
    assert sent.status_code == 201


def test_staff_read_what_waits_before_they_confirm_it_and_what_was_there_before(
    pages: TestClient, world: World
) -> None:
    send_again(pages, world, "I proved it.")
    shown = pages.get(url(world)).text
    assert "I proved it." in shown
    action = re.search(r'action="([^"]+/confirm)"', shown)
    assert action
    fields = {"version": version_on(shown), "reason": "She told me on the phone."}
    assert pages.post(action[1], data=fields).status_code == 303

    newest, older = pages.get(url(world)).text, pages.get(f"{url(world)}?revision=1").text
    assert ("I proved it." in newest, "It compiles." in newest) == (True, False)
    assert ("I proved it." in older, "It compiles." in older) == (False, True)
    assert "This is an older revision" in older
    assert pages.get(f"{url(world)}?revision=3").status_code == 404


def test_who_does_not_hire_reads_nothing_that_waits(reviewing: TestClient, world: World) -> None:
    assign(reviewing, world.recruiter, world.reviewer, world.submission)
    send_again(reviewing, world, "I proved it.")

    assert "I proved it." not in reviewing.get(url(world)).text


def test_why_it_was_decided_is_on_its_page(pages: TestClient, world: World) -> None:
    version = version_on(pages.get(url(world)).text)
    words = {"to": "rejected", "reason": "depth", "note": "We talked about it for long."}
    assert pages.post(f"{url(world)}/moves", data={"version": version, **words}).status_code == 303

    shown = pages.get(url(world)).text
    assert shown.count("The evidence does not show enough depth.") == 2  # told, and in the history
    assert shown.count("We talked about it for long.") == 2
    assert '<span class="words">depth</span>' not in shown


def test_staff_withdraw_for_a_candidate_with_a_word_how_it_was_asked(
    pages: TestClient, world: World
) -> None:
    fields = {"version": version_on(pages.get(url(world)).text), "to": "withdrawn"}
    silent = pages.post(f"{url(world)}/moves", data=fields)
    told = pages.post(f"{url(world)}/moves", data={**fields, "note": "By telephone."})

    assert (silent.status_code, told.status_code) == (422, 303)
    assert "By telephone." in pages.get(url(world)).text


def test_a_refused_move_keeps_its_words_and_says_no_key(pages: TestClient, world: World) -> None:
    fields = {"version": version_on(pages.get(url(world)).text), "to": "rejected"}
    refused = pages.post(f"{url(world)}/moves", data={**fields, "note": "My long note."})

    assert refused.status_code == 422
    assert "My long note." in refused.text
    assert "Choose one of the job&#39;s reasons to reject." in refused.text


@pytest.mark.parametrize(
    ("field", "wrong"),
    [("text", "{first_name}"), ("text", "{{name}}"), ("subject", "{Name}"), ("subject", "{ job }")],
)
def test_a_mail_with_an_unknown_placeholder_is_not_sent(
    pages: TestClient, world: World, field: str, wrong: str
) -> None:
    typed = {"reason": "depth", "subject": "About {job}", "text": "Dear {name}, no. {"}
    chosen = {"chosen": f"{world.submission.id}:1"}
    refused = pages.post("/desk/reject", data={**chosen, **typed, field: f"Yours, {wrong}"})
    sent = pages.post("/desk/reject", data={**chosen, **typed})

    assert refused.status_code == 422
    assert f"There is no placeholder “{wrong}”. There are {{name}} and {{job}}." in refused.text
    assert f"Yours, {wrong}" in refused.text
    assert '<option value="depth" selected>' in refused.text
    assert sent.status_code == 303
    with world.database.read() as session:
        assert session.exec(select(Message.text)).all() == ["Dear Ada, no. {"]


def test_whoever_is_chosen_twice_is_counted_once(pages: TestClient, world: World) -> None:
    chosen = f"{world.submission.id}:1"
    asked = pages.post("/desk/reject/preview", data={"chosen": [chosen, chosen]})

    assert "Reject 1 submission<" in asked.text
    assert asked.text.count(f'value="{chosen}"') == 1


def test_no_reason_is_chosen_for_anybody(pages: TestClient, world: World) -> None:
    chosen = {"chosen": f"{world.submission.id}:1"}
    asked = pages.post("/desk/reject/preview", data=chosen)
    sent = pages.post("/desk/reject", data={**chosen, "reason": "", "subject": "No", "text": "No."})

    assert '<option value="depth">' in asked.text
    assert " selected" not in asked.text
    assert sent.status_code == 422


def test_one_is_rejected_with_a_mail_from_its_page(pages: TestClient, world: World) -> None:
    shown = pages.get(url(world)).text
    chosen = re.search(r'name="chosen" value="([^"]+)"', shown)
    assert chosen
    asked = pages.post("/desk/reject/preview", data={"chosen": chosen[1]})
    words = {"chosen": chosen[1], "reason": "depth", "subject": "Thank you", "text": "Dear {name}"}
    done = pages.post("/desk/reject", data=words)

    assert (asked.status_code, done.status_code) == (200, 303)
    with world.database.read() as session:
        letters = session.exec(select(Task).where(Task.kind == "send_message")).all()
    assert len(letters) == 1


def test_what_another_tab_saved_is_not_locked_unseen(reviewing: TestClient, world: World) -> None:
    sent, me = world.submission, world.reviewer
    assign(reviewing, world.recruiter, me, sent)
    first = save(reviewing, me, sent, CARD)
    page = version_on(reviewing.get(f"{url(world)}/scorecard").text)
    save(reviewing, me, sent, {**CARD, "comment": "Later."}, first.headers["ETag"])
    fields = {"version": page, "revision": "1", "do": "lock", "comment": "Mine."}
    refused = reviewing.post(f"{url(world)}/scorecard", data=fields)

    assert refused.status_code == 412
    assert "Mine." in refused.text
    mine = read(reviewing, me, sent, "scorecards/mine").json()
    assert (mine["state"], mine["comment"]) == ("draft", "Later.")


def test_a_page_saves_what_it_shows_of_a_draft(reviewing: TestClient, world: World) -> None:
    sent, me = world.submission, world.reviewer
    assign(reviewing, world.recruiter, me, sent)
    save(reviewing, me, sent, CARD)
    page = reviewing.get(f"{url(world)}/scorecard").text
    fields: dict[str, list[str]] = {}
    inputs = r'<input (?:id="[^"]+" )?(?:type="(\w+)" )?name="([^"]+)"[^>]*?value="([^"]*)"([^>]*)'
    for kind, name, value, rest in re.findall(inputs, page):
        if kind not in ("radio", "checkbox") or "checked" in rest:
            fields.setdefault(name, []).append(value)
    for name, text in re.findall(r'<textarea[^>]* name="(\w+)"[^>]*>\n(.*?)</textarea>', page):
        fields[name] = [text]
    before = read(reviewing, me, sent, "scorecards/mine").json()
    assert reviewing.post(f"{url(world)}/scorecard", data=fields).status_code == 303
    after = read(reviewing, me, sent, "scorecards/mine").json()

    for name in ("ratings", "recommendation", "confidence", "forecast", "comment"):
        assert after[name] == before[name], name


def test_a_locked_scorecard_cannot_be_written_into(reviewing: TestClient, world: World) -> None:
    sent, me = world.submission, world.reviewer
    assign(reviewing, world.recruiter, me, sent)
    saved = save(reviewing, me, sent, CARD)
    assert "<fieldset disabled>" not in reviewing.get(f"{url(world)}/scorecard").text
    headers = {**me.auth, "If-Match": saved.headers["ETag"]}
    assert reviewing.post(f"{sent.url}/scorecards/mine/lock", headers=headers).status_code == 200

    assert "<fieldset disabled>" in reviewing.get(f"{url(world)}/scorecard").text


def test_the_inbox_offers_work_of_the_own_jobs_only(reviewing: TestClient, world: World) -> None:
    with world.database.write() as session:
        session.add(Job(slug="elsewhere", title="Elsewhere", state=JobState.OPEN))
        draft = Job(slug="unopened", title="Unopened", state=JobState.DRAFT)
        session.add(draft)
        session.flush()
        session.add(TeamMember(job_id=draft.id, user_id=world.reviewer.id))

    assert re.findall(r"/desk/jobs/(\w+)/next", reviewing.get("/desk").text) == ["engineer"]


def test_a_reviewer_filters_by_a_closed_job_too(reviewing: TestClient, world: World) -> None:
    assign(reviewing, world.recruiter, world.outsider, world.submission)
    with world.database.write() as session:
        session.get_one(Job, world.job_id).state = JobState.CLOSED
    reviewing.cookies.clear()
    sign_in(reviewing, world, world.outsider)
    answer = reviewing.get("/desk/submissions?job=engineer")

    assert answer.status_code == 200
    assert "Ada" in answer.text


def test_a_guest_who_hires_elsewhere_selects_nothing_here(
    reviewing: TestClient, world: World
) -> None:
    assign(reviewing, world.recruiter, world.reviewer, world.submission)
    with world.database.write() as session:
        guest = session.get_one(User, world.other_recruiter.id)
        guest.roles = [Role.RECRUITER, Role.REVIEWER]
    assign(reviewing, world.recruiter, world.other_recruiter, world.submission)
    reviewing.cookies.clear()
    sign_in(reviewing, world, world.other_recruiter)
    shown = reviewing.get("/desk/submissions").text

    assert "Ada" in shown
    assert 'name="chosen"' not in shown


def test_forms_of_a_job_are_for_those_who_may_send_them(
    reviewing: TestClient, world: World
) -> None:
    parts = ("edit", "stages", "questions", "reasons", "rubric")
    answers = [reviewing.get(f"/desk/jobs/engineer/{part}").status_code for part in parts]

    assert [*answers, reviewing.get("/desk/jobs/new").status_code] == [403] * 6


def test_given_up_work_is_seen_and_started_again_by_an_admin(
    pages: TestClient, world: World
) -> None:
    with world.database.write() as session:
        stuck = Task(
            kind="tidy", payload={}, state=TaskState.GIVEN_UP, attempts=12, last_error="No room."
        )
        session.add(stuck)
        session.flush()
        id = stuck.id
    assert (pages.get(OUTBOX).status_code, "given up" in pages.get("/desk").text) == (403, False)
    assert pages.post(f"{OUTBOX}/{id}/retry", data={"a": "b"}).status_code == 403
    pages.cookies.clear()
    sign_in(pages, world, world.admin)
    assert "1 piece of work was given up" in pages.get("/desk").text
    assert "No room." in pages.get(OUTBOX).text
    again = pages.post(f"{OUTBOX}/{id}/retry", data={"a": "b"})

    assert again.status_code == 303
    assert world.reload(Task, id).state is TaskState.WAITING
    assert "Nothing was given up." in pages.get(OUTBOX).text


def test_who_selects_nothing_keeps_the_filters(pages: TestClient, world: World) -> None:
    shown = pages.get("/desk/submissions?q=compiler&sort=name").text
    back = re.search(r'name="back" value="([^"]+)"', shown)
    assert back
    refused = pages.post("/desk/reject/preview", data={"back": back[1].replace("&amp;", "&")})
    elsewhere = pages.post("/desk/reject/preview", data={"back": "//evil.example"})

    assert refused.status_code == 422
    assert "Select at least one submission first." in refused.text
    assert 'href="/desk/submissions?q=compiler&amp;sort=name"' in refused.text
    assert "evil" not in elsewhere.text


def test_refusals_have_headings_for_people(pages: TestClient, world: World) -> None:
    nothing = pages.get(f"/desk/submissions/{world.job_id}")
    assert (nothing.status_code, "There is nothing here" in nothing.text) == (404, True)
    assert 'href="/desk/jobs"' in nothing.text
    with world.database.write() as session:
        session.get_one(Job, world.job_id).state = JobState.CLOSED
    closed = pages.get("/jobs/engineer")

    assert (closed.status_code, "This job is closed" in closed.text) == (410, True)
    assert pages.get("/jobs/never-was").status_code == 404


def test_letters_that_look_alike_are_marked_and_tell_nobody_apart(
    pages: TestClient, world: World
) -> None:
    for name, email in (
        ("Eve", "eve@example.org"),
        ("Еve", "eve@example.org"),
        ("Eve", "еve@x.org"),
    ):
        content = {"name": name, "email": email, "consent": True, "evidence": [{"title": "Work"}]}
        pages.post(f"/api/v1/jobs/{world.job_slug}/submissions", json=content)
    auth = world.recruiter.auth
    lines = pages.get("/api/v1/submissions?sort=submitted", headers=auth).json()["items"]
    marked = [(line["name"], line["email"], line["mixed_script"]) for line in lines[2:]]
    records = [
        pages.get(f"/api/v1/submissions/{line['id']}", headers=auth).json() for line in lines
    ]
    shown = [pages.get(f"/desk/submissions/{line['id']}").text for line in lines]

    assert marked == [("Eve", "eve@example.org", False), ("Eve", "еve@x.org", True)]
    assert lines[2]["waiting"] == 1  # the address says who it is, and no name does
    assert [one["mixed_script"] for one in lines] == [False, False, False, True]
    assert [one["candidate"]["mixed_script"] for one in records] == [False, False, False, True]
    assert ["mixed letters" in page for page in shown] == [False, False, False, True]
    assert pages.get("/desk/submissions").text.count("mixed letters") == 1


def test_the_list_shows_where_a_search_was_found(pages: TestClient, world: World) -> None:
    send_again(pages, world, "x")
    content = {
        "name": "Barbara",
        "email": "barbara@example.org",
        "consent": True,
        "evidence": [{"title": "<i>CLU</i>", "claim": "I like <b>types</b> & clusters."}],
    }
    sent = pages.post(f"/api/v1/jobs/{world.job_slug}/submissions", json=content)
    assert sent.status_code == 201

    shown = pages.get("/desk/submissions", params={"q": "clusters types"}).text

    assert (
        "Evidence “&lt;i&gt;CLU&lt;/i&gt;”:</span> I like &lt;b&gt;<mark>types</mark>&lt;/b&gt;"
        in shown
    )
    assert "&amp; <mark>clusters</mark>." in shown
    assert "<b>types" not in shown
    assert "<mark>" not in pages.get("/desk/submissions").text
    assert pages.get("/desk/submissions", params={"q": " "}).status_code == 200
