"""Reviews and outcomes from a submission's page: ask, answer, give to another, look early."""

import re

from fastapi.testclient import TestClient

from tests.reviewing import assign, judge, read
from tests.web.conftest import version_on
from tests.worlds import World


def url(world: World) -> str:
    return f"/desk/submissions/{world.submission.id}"


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found
    return found[1]


def test_a_reviewer_gives_it_back_and_no_longer_sees_it(
    reviewing: TestClient, world: World
) -> None:
    assigned = assign(reviewing, world.recruiter, world.reviewer, world.submission).json()
    card = reviewing.get(f"{url(world)}/scorecard").text
    form = card[card.index("I cannot review this") :]
    fields = {"version": version_on(form), "state": "abstained", "reason": "We shared an office."}
    answer = reviewing.post(f"{url(world)}/assignments/{assigned['id']}", data=fields)

    assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (303, "/desk")
    assert reviewing.get(url(world)).status_code == 404
    told = read(reviewing, world.recruiter, world.submission, "assignments").json()["items"]
    assert [(one["state"], one["reason"]) for one in told] == [
        ("abstained", "We shared an office.")
    ]


def test_a_recruiter_gives_a_review_to_somebody_else(pages: TestClient, world: World) -> None:
    first = assign(pages, world.recruiter, world.reviewer, world.submission).json()
    shown = pages.get(url(world)).text
    form = shown[shown.index("review to somebody else") :]
    fields = {"version": version_on(form), "reviewer": str(world.reviewer2.id)}
    answer = pages.post(f"{url(world)}/assignments/{first['id']}", data=fields)

    assert answer.status_code == 303
    told = read(pages, world.recruiter, world.submission, "assignments").json()["items"]
    assert sorted((one["reviewer"]["id"], one["state"]) for one in told) == sorted(
        [(str(world.reviewer.id), "reassigned"), (str(world.reviewer2.id), "open")]
    )


def test_a_stale_page_answers_for_nobody(reviewing: TestClient, world: World) -> None:
    assigned = assign(reviewing, world.recruiter, world.reviewer, world.submission).json()
    fields = {"version": str(assigned["version"] + 1), "state": "declined"}
    answer = reviewing.post(f"{url(world)}/assignments/{assigned['id']}", data=fields)

    assert answer.status_code == 412
    assert reviewing.get(f"{url(world)}/scorecard").status_code == 200


def test_a_refused_form_keeps_what_was_typed(pages: TestClient, world: World) -> None:
    past = {"reviewer": str(world.reviewer2.id), "due": "2020-01-01"}
    refused = pages.post(f"{url(world)}/assignments", data=past)

    assert refused.status_code == 422
    assert "The date has passed" in refused.text
    assert 'value="2020-01-01"' in refused.text
    assert re.search(rf'value="{world.reviewer2.id}" selected', refused.text)


def test_the_outcome_of_a_hire_is_written_down_and_mended(pages: TestClient, world: World) -> None:
    assert "Outcome" not in pages.get(url(world)).text
    version = version_on(pages.get(url(world)).text)
    hired = pages.post(f"{url(world)}/moves", data={"version": version, "to": "hired"})
    assert hired.status_code == 303
    hire = hidden(pages.get(url(world)).text, "hire")
    first = {"version": "", "hire": hire, "at": "2026-11-01", "succeeded": "yes", "note": "A joy."}
    assert pages.post(f"{url(world)}/outcome", data=first).status_code == 303
    shown = pages.get(url(world)).text
    form = shown[shown.index("<h2>Outcome") :]
    assert "A joy." in form
    again = {**first, "version": version_on(form), "succeeded": "no", "note": "Left."}

    assert pages.post(f"{url(world)}/outcome", data=first).status_code == 412
    assert pages.post(f"{url(world)}/outcome", data=again).status_code == 303
    outcome = read(pages, world.recruiter, world.submission, "outcome").json()
    assert (outcome["succeeded"], outcome["note"]) == (False, "Left.")


def test_an_outcome_without_an_answer_is_refused_and_kept(pages: TestClient, world: World) -> None:
    version = version_on(pages.get(url(world)).text)
    pages.post(f"{url(world)}/moves", data={"version": version, "to": "hired"})
    typed = {"version": "", "at": "2026-11-01", "note": "My words."}
    typed["hire"] = hidden(pages.get(url(world)).text, "hire")
    refused = pages.post(f"{url(world)}/outcome", data=typed)

    assert refused.status_code == 422
    assert "My words." in refused.text
    assert read(pages, world.recruiter, world.submission, "outcome").status_code == 404


def test_what_was_typed_for_one_hire_is_not_written_to_another(
    pages: TestClient, world: World
) -> None:
    def step(**fields: str) -> str:
        version = version_on(pages.get(url(world)).text)
        moved = pages.post(f"{url(world)}/moves", data={"version": version, **fields})
        assert moved.status_code == 303
        return pages.get(url(world)).text

    def form(page: str) -> dict[str, str]:
        part = page[page.index("<h2>Outcome") :]
        return {name: hidden(part, name) for name in ("version", "hire")}

    told = {"at": "2026-11-01", "succeeded": "yes", "note": "One."}
    first = form(step(to="hired"))
    assert pages.post(f"{url(world)}/outcome", data={**first, **told}).status_code == 303
    mended = form(pages.get(url(world)).text)
    step(to="reopen", reason="Declined.")
    second = form(step(to="hired"))
    late = [pages.post(f"{url(world)}/outcome", data={**f, **told}) for f in (first, mended)]
    two = {**second, **told, "note": "Two."}
    assert pages.post(f"{url(world)}/outcome", data=two).status_code == 303
    late += [pages.post(f"{url(world)}/outcome", data={**f, **told}) for f in (first, mended)]
    nameless = pages.post(f"{url(world)}/outcome", data={"version": "", **told})

    assert [answer.status_code for answer in late] == [412] * 4
    assert nameless.status_code == 400
    assert read(pages, world.recruiter, world.submission, "outcome").json()["note"] == "Two."


def test_sealed_scores_open_for_who_says_why(pages: TestClient, world: World) -> None:
    assign(pages, world.recruiter, world.reviewer, world.submission)
    assign(pages, world.recruiter, world.reviewer2, world.submission)
    judge(pages, world.reviewer, world.submission)
    assert "One project only." not in pages.get(url(world)).text
    silent = pages.post(f"{url(world)}/unseal", data={"reason": " "})
    assert (silent.status_code, "One project only." in silent.text) == (422, False)
    told = pages.post(f"{url(world)}/unseal", data={"reason": "An offer is due."})

    assert told.status_code == 303
    page = pages.get(url(world)).text
    assert "One project only." in page
    assert "An offer is due." in page


def test_a_level_rests_on_what_is_ticked(reviewing: TestClient, world: World) -> None:
    assign(reviewing, world.recruiter, world.reviewer, world.submission)
    shown = reviewing.get(f"{url(world)}/scorecard").text
    ticks = re.findall(r'name="rating-depth-cites" value="([^"]+)"', shown)
    assert ticks == ["1", "statement", "answer:wrong"]
    fields = {
        "version": "",
        "revision": "1",
        "rating-depth-level": "3",
        "rating-depth-cites": ["1", "answer:wrong"],
    }
    assert reviewing.post(f"{url(world)}/scorecard", data=fields).status_code == 303

    mine = read(reviewing, world.reviewer, world.submission, "scorecards/mine").json()
    depth = next(one for one in mine["ratings"] if one["criterion"] == "depth")
    assert depth["cites"] == ["1", "answer:wrong"]
