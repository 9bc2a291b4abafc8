"""What was chosen and cited stays true on the scorecard's page when its ground changes."""

import html
import re

import pytest
from fastapi.testclient import TestClient

from service.domain.submissions.tables import Evidence, Revision, Source, Submission
from tests.reviewing import CARD, assign, lock, read, save
from tests.web.conftest import version_on
from tests.worlds import World


def url(world: World) -> str:
    return f"/desk/submissions/{world.submission.id}/scorecard"


def turn_rubric(client: TestClient, world: World) -> None:
    """The same criteria, whose anchors are in the opposite order."""
    by = world.recruiter.auth
    job = client.get("/api/v1/jobs/engineer", headers=by)
    criteria = []
    for one in job.json()["rubric"]["criteria"]:
        texts = [anchor["anchor"] for anchor in reversed(one["anchors"])]
        anchors = [
            {"level": level, "name": "Level", "anchor": text} for level, text in enumerate(texts, 1)
        ]
        criteria.append({"key": one["key"], "name": one["name"], "anchors": anchors})
    headers = {**by, "If-Match": job.headers["ETag"]}
    put = client.put("/api/v1/jobs/engineer/rubric", json={"criteria": criteria}, headers=headers)
    assert put.status_code == 200, put.text


def replace_humility(client: TestClient, world: World) -> None:
    """A rubric that asks for something else in its place."""
    by = world.recruiter.auth
    job = client.get("/api/v1/jobs/engineer", headers=by)
    _humility, *others = job.json()["rubric"]["criteria"]
    criteria = [{name: one[name] for name in ("key", "name", "anchors")} for one in others]
    criteria.append({**criteria[0], "key": "speed", "name": "Speed"})
    for one in criteria:
        one["anchors"] = [
            {name: anchor[name] for name in ("level", "name", "anchor")}
            for anchor in one["anchors"]
        ]
    headers = {**by, "If-Match": job.headers["ETag"]}
    put = client.put("/api/v1/jobs/engineer/rubric", json={"criteria": criteria}, headers=headers)
    assert put.status_code == 200, put.text


@pytest.mark.parametrize("is_open", [False, True])
def test_words_on_a_criterion_that_is_asked_no_longer_stay_in_the_comment(
    reviewing: TestClient, world: World, is_open: bool
) -> None:
    """On a page that is read after the rubric was changed, and on one that was open meanwhile."""
    sent, me = world.submission, world.reviewer
    assign(reviewing, world.recruiter, me, sent)
    save(reviewing, me, sent, CARD)
    before = reviewing.get(url(world)).text
    replace_humility(reviewing, world)
    typed = {"rating-humility-quote": "Often.", "rating-humility-comment": "Glad of it."}
    made = {"revision": "1", "rubric": "1", "comment": "Strong."}
    late = made | typed | {"version": version_on(before)}
    told = reviewing.post(url(world), data=late) if is_open else reviewing.get(url(world))
    comment = re.search(r'<textarea[^>]*name="comment"[^>]*>\n?([^<]*)<', told.text)
    assert comment
    kept = html.unescape(comment[1])
    fields = {"version": version_on(told.text), "revision": "1", "rubric": "2", "comment": kept}
    saved = reviewing.post(url(world), data=fields)

    words = ["Often.", "Glad of it."] if is_open else ["Often."]
    told_of = [f"On “Humility”, which is no longer asked: {one}" for one in words]
    assert kept == "\n\n".join(["Strong.", *told_of])
    assert saved.status_code == 303
    assert read(reviewing, me, sent, "scorecards/mine").json()["comment"] == kept
    assert html.unescape(reviewing.get(url(world)).text).count("no longer asked") == len(words)


def ticked_levels(page: str) -> list[str]:
    return re.findall(r'name="rating-(\w+-level" value="\w+)" checked', page)


def test_levels_of_an_older_rubric_are_told_and_not_ticked(
    reviewing: TestClient, world: World
) -> None:
    sent, me = world.submission, world.reviewer
    assign(reviewing, world.recruiter, me, sent)
    save(reviewing, me, sent, CARD)
    before = reviewing.get(url(world)).text
    turn_rubric(reviewing, world)
    after = reviewing.get(url(world)).text
    fields = {"version": version_on(after), "revision": "1", "rubric": "2", "do": "lock"}
    words = {"recommendation": "yes", "confidence": "high"}
    unread = reviewing.post(url(world), data=fields | words)

    assert ticked_levels(before) == ['humility-level" value="4', 'depth-level" value="none']
    assert "The rubric was changed" not in before
    assert ticked_levels(after) == []
    assert "The rubric was changed since you chose your levels" in after
    assert "By the old anchors you chose 4: What 4 looks like." in after
    assert "By the old anchors you chose Not shown" in after
    assert re.search(r'name="rating-humility-cites" value="answer:wrong" checked', after)
    assert 'value="Often."' in after
    assert unread.status_code == 409
    assert read(reviewing, me, sent, "scorecards/mine").json()["state"] == "draft"


def test_a_refused_form_does_not_carry_its_levels_to_a_newer_rubric(
    reviewing: TestClient, world: World
) -> None:
    assign(reviewing, world.recruiter, world.reviewer, world.submission)
    turn_rubric(reviewing, world)
    levels = {"rating-humility-level": "4", "rating-depth-level": "none"}
    made = {"version": "", "revision": "1", "rubric": "1", "comment": "Mine."}
    told = reviewing.post(url(world), data=made | levels)
    mistyped = reviewing.post(url(world), data=made | levels | {"forecast": "many"})

    assert (told.status_code, mistyped.status_code) == (409, 422)
    for page in (told.text, mistyped.text):
        assert 'name="rubric" value="2"' in page
        assert ticked_levels(page) == []
        assert "By the old anchors you chose 4: What 4 looks like." in page
        assert "Mine." in page


def add_revision(world: World, *titles: str, statement: str) -> None:
    """With the answer of the first, and these exhibits."""
    with world.database.write() as session:
        submission = session.get_one(Submission, world.submission.id)
        first = session.get_one(Revision, world.submission.revision_id)
        copied = first.model_dump(include={"name", "email", "answers"})
        revision = Revision(
            submission_id=submission.id,
            number=2,
            source=Source.API,
            statement=statement,
            **copied,
        )
        session.add(revision)
        session.flush()
        one = session.get_one(Evidence, world.submission.evidence_id)
        held = one.model_dump(include={"kind", "claim"})
        for number, title in enumerate(titles, 1):
            session.add(Evidence(revision_id=revision.id, number=number, title=title, **held))
        submission.revision = 2


def drafted(client: TestClient, world: World) -> str:
    """A draft whose level rests on all that there is; its ETag."""
    assign(client, world.recruiter, world.reviewer, world.submission)
    cites = ["1", "statement", "answer:wrong"]
    ratings = [{"criterion": "humility", "level": 4, "cites": cites}]
    saved = save(client, world.reviewer, world.submission, {**CARD, "ratings": ratings})
    return str(saved.headers["ETag"])


def ticked_cites(page: str) -> list[str]:
    return re.findall(r'name="rating-humility-cites" value="([^"]+)" checked', page)


def test_a_draft_is_told_of_what_was_added_and_goes_on_with_it_when_asked(
    reviewing: TestClient, world: World
) -> None:
    sent, me = world.submission, world.reviewer
    drafted(reviewing, world)
    add_revision(world, "A compiler", "A linker", statement="I made compilers. Linkers too.")
    told = reviewing.get(url(world)).text
    fields = {
        "version": version_on(told),
        "revision": "1",
        "rubric": "1",
        "rating-humility-level": "4",
        "rating-humility-cites": ["1", "statement", "answer:wrong"],
        "comment": "More.",
    }
    newest = reviewing.post(url(world), data={**fields, "do": "newest"})
    shown = reviewing.get(newest.headers["location"]).text
    before = read(reviewing, me, sent, "scorecards/mine").json()
    cites = [*ticked_cites(shown), "2"]
    again = {**fields, "version": version_on(shown), "revision": "2"}
    again["rating-humility-cites"] = cites
    saved = reviewing.post(url(world), data=again)
    after = read(reviewing, me, sent, "scorecards/mine").json()

    assert "There is a newer revision of this submission, 2; you judge 1." in told
    assert "New or other in it: Exhibit 2, Statement." in told
    assert ('name="revision" value="1"' in told, "A linker" in told) == (True, False)
    assert (newest.status_code, before["revision"], before["comment"]) == (303, 1, "More.")
    assert ('name="revision" value="2"' in shown, "A linker" in shown) == (True, True)
    assert "Your draft judged revision 1." in shown
    assert "There is a newer revision" not in shown
    assert cites == ["1", "statement", "answer:wrong", "2"]
    assert (saved.status_code, after["revision"]) == (303, 2)
    assert after["ratings"][0]["cites"] == cites


def test_nothing_is_cited_that_is_another_thing_in_the_newer_revision(
    reviewing: TestClient, world: World
) -> None:
    drafted(reviewing, world)
    add_revision(world, "An operating system", statement="I made systems.")
    told, shown = (reviewing.get(f"{url(world)}{asked}").text for asked in ("", "?revision=2"))

    assert "New or other in it: Exhibit 1, Statement." in told
    assert ticked_cites(told) == ["1", "statement", "answer:wrong"]
    assert ticked_cites(shown) == ["answer:wrong"]


def test_a_draft_is_told_of_what_the_newer_revision_holds_no_longer(
    reviewing: TestClient, world: World
) -> None:
    drafted(reviewing, world)
    add_revision(world, statement="")
    told, shown = (reviewing.get(f"{url(world)}{asked}").text for asked in ("", "?revision=2"))

    assert "New or other in it" not in told
    assert "you judge 1. No longer in it: Exhibit 1, Statement." in told
    assert ticked_cites(shown) == ["answer:wrong"]
    assert "No longer in it" not in shown


def test_a_refused_form_judges_the_revision_that_it_was_made_for(
    reviewing: TestClient, world: World
) -> None:
    assign(reviewing, world.recruiter, world.reviewer, world.submission)
    add_revision(world, "A compiler", "A linker", statement="I made compilers.")
    typed = {"version": "", "rubric": "1", "forecast": "many"}
    first, second, none = (
        reviewing.post(url(world), data={**typed, "revision": number}).text for number in "129"
    )

    assert 'name="revision" value="1"' in first
    assert "There is a newer revision" in first
    assert "A linker" not in first
    assert 'name="revision" value="2"' in second
    assert 'name="revision" value="2"' in none


def test_a_locked_scorecard_is_told_of_a_newer_revision_and_stays(
    reviewing: TestClient, world: World
) -> None:
    sent, me = world.submission, world.reviewer
    whole = save(reviewing, me, sent, CARD, drafted(reviewing, world))
    lock(reviewing, me, sent, whole.headers["ETag"])
    add_revision(world, "A compiler", "A linker", statement="I made compilers.")
    shown = reviewing.get(f"{url(world)}?revision=2").text

    assert "you judge 1. New or other in it: Exhibit 2." in shown
    assert "A linker" not in shown
    assert "go on with revision" not in shown


@pytest.mark.parametrize("number", ["0", "-1", "1000001", "2147483648", "9223372036854775808", "x"])
@pytest.mark.parametrize("page", ["", "/scorecard"])
def test_a_revision_has_a_number_of_a_size_that_there_is(
    reviewing: TestClient, world: World, page: str, number: str
) -> None:
    assign(reviewing, world.recruiter, world.reviewer, world.submission)
    where = f"/desk/submissions/{world.submission.id}{page}"
    answers = [reviewing.get(f"{where}?revision={one}") for one in (number, "1000000", "1")]

    assert [answer.status_code for answer in answers] == [422, 404, 200]
    assert answers[0].headers["content-type"].startswith("text/html")


def test_who_wrote_in_two_tabs_is_led_to_what_is_saved(reviewing: TestClient, world: World) -> None:
    assign(reviewing, world.recruiter, world.reviewer, world.submission)
    made = {"version": "", "revision": "1", "rubric": "1"}
    first = reviewing.post(url(world), data=made | {"comment": "From one tab."})
    second = reviewing.post(url(world), data=made | {"comment": "From the other."})

    assert (first.status_code, second.status_code) == (303, 412)
    assert f'<a href="{url(world)}" target="_blank">Look at what is saved</a>' in second.text
    assert "From the other." in second.text
    assert "From one tab." in reviewing.get(url(world)).text


WRONG = {
    "rating-humility-level": "7",
    "rating-humility-cites": ["no-such", "9"],
    "recommendation": "maybe",
    "confidence": "none",
}


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("rating-humility-level", "Choose one of these levels, or that it is not shown."),
        ("rating-humility-cites", "Choose from what stands here."),
        ("recommendation", "Choose one of these."),
        ("confidence", "Choose one of these."),
    ],
)
@pytest.mark.parametrize("value", [None, "x" * 81])
def test_a_wrong_choice_is_told_in_words_of_the_page(
    reviewing: TestClient, world: World, field: str, said: str, value: str | None
) -> None:
    assign(reviewing, world.recruiter, world.reviewer, world.submission)
    made = {"version": "", "revision": "1", "rubric": "1"}
    told = reviewing.post(url(world), data=made | {field: value or WRONG[field]})
    mistakes = re.findall(r'<p class="mistake" id="([^"]+)-mistake">([^<]*)</p>', told.text)

    assert told.status_code == 422
    assert mistakes == [(field, said)]


def test_a_refused_form_says_whether_anything_was_saved(
    reviewing: TestClient, world: World
) -> None:
    assign(reviewing, world.recruiter, world.reviewer, world.submission)
    made = {"version": "", "revision": "1", "rubric": "1"}
    long = reviewing.post(url(world), data=made | {"comment": "x" * 20_001})
    unready = reviewing.post(url(world), data=made | {"do": "lock"})

    assert (long.status_code, unready.status_code) == (422, 409)
    assert "Nothing was saved. What you wrote is kept below." in long.text
    assert "Nothing was saved" not in unready.text
    assert "Your draft is saved. It is not locked yet." in unready.text


def test_who_goes_back_and_presses_again_does_not_overwrite_another_tab(
    reviewing: TestClient, world: World
) -> None:
    sent, me = world.submission, world.reviewer
    assign(reviewing, world.recruiter, me, sent)
    made = {"revision": "1", "rubric": "1", "idempotency_key": "once"}
    reviewing.post(url(world), data=made | {"version": "", "comment": "First."})
    version = version_on(reviewing.get(url(world)).text)
    other = made | {"version": version, "comment": "Other tab.", "idempotency_key": "other"}
    reviewing.post(url(world), data=other)
    back = reviewing.post(url(world), data=made | {"version": "", "comment": "Back."})
    shown = re.search(r'name="version" value="(\d*)"', back.text)
    assert shown
    again = made | {"version": shown[1], "comment": "Back.", "idempotency_key": "next"}
    pressed = reviewing.post(url(world), data=again)

    assert (back.status_code, shown[1], pressed.status_code) == (422, "", 412)
    assert "You changed something since" in back.text
    assert read(reviewing, me, sent, "scorecards/mine").json()["comment"] == "Other tab."
