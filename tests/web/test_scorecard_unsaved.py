"""Words on a scorecard that can be saved no more are handed back, and never shown as what is."""

import html
import re

from fastapi.testclient import TestClient

from tests.reviewing import CARD, assign, change, lock, read, save
from tests.web.test_scorecard_page import ticked_levels, url
from tests.worlds import World

MADE = {"version": "1", "revision": "1", "rubric": "1"}
OTHERS = {
    "recommendation": "strong_no",
    "comment": "Weak <after> all.",
    "rating-humility-level": "1",
    "rating-humility-cites": ["1", "statement"],
    "rating-depth-level": "none",
    "rating-depth-quote": " ",
}
HANDED_BACK = [
    ("Recommendation", "Strong no"),
    ("Comment", "Weak <after> all."),
    ("Humility: level", "1"),
    ("Humility: rests on", "Exhibit 1\nStatement"),
    ("Depth: level", "Not shown"),
]


def handed_back(page: str) -> list[tuple[str, str]]:
    found = re.findall(r'<h3>([^<]*)</h3>\n<p class="words">([^<]*)</p>', page)
    return [(html.unescape(label), html.unescape(text)) for label, text in found]


def test_a_form_that_comes_after_the_lock_is_shown_apart_from_what_is_locked(
    reviewing: TestClient, world: World
) -> None:
    sent, me = world.submission, world.reviewer
    assign(reviewing, world.recruiter, me, sent)
    saved = save(reviewing, me, sent, CARD)
    lock(reviewing, me, sent, saved.headers["ETag"])
    late = reviewing.post(url(world), data=MADE | OTHERS)
    mistyped = reviewing.post(url(world), data=MADE | OTHERS | {"forecast": "many"})
    nothing = reviewing.post(url(world), data=MADE)
    kept = read(reviewing, me, sent, "scorecards/mine").json()

    assert (late.status_code, mistyped.status_code, nothing.status_code) == (409, 422, 409)
    assert handed_back(late.text) == HANDED_BACK
    assert handed_back(mistyped.text) == [*HANDED_BACK, ("Forecast", "many")]
    assert handed_back(nothing.text) == []
    for page in (late.text, mistyped.text, nothing.text):
        form = page[page.index("Locked on") :]
        assert "Your scorecard is locked already" in page
        assert ticked_levels(form) == ['humility-level" value="4', 'depth-level" value="none']
        assert 'name="recommendation" value="yes" checked' in form
        assert ("Strong." in form, "Weak" in form, "kept below" in page) == (True, False, False)
    assert (kept["recommendation"], kept["comment"]) == ("yes", "Strong.")


def test_whose_review_was_given_away_meanwhile_keeps_the_words_and_learns_nothing(
    reviewing: TestClient, world: World
) -> None:
    sent, me, by = world.submission, world.reviewer, world.recruiter
    assigned = assign(reviewing, by, me, sent).json()
    given = change(reviewing, by, sent, assigned, reviewer=str(world.reviewer2.id))
    late = reviewing.post(url(world), data=MADE | OTHERS)
    nowhere = f"/desk/submissions/{world.job_id}/scorecard"
    elsewhere = reviewing.post(nowhere, data=MADE | OTHERS)
    read_only = reviewing.get(url(world))

    assert (given.status_code, late.status_code, read_only.status_code) == (200, 404, 404)
    assert handed_back(late.text) == HANDED_BACK
    assert late.text == elsewhere.text
    assert "Not saved" not in read_only.text


def test_who_sees_a_submission_and_does_not_review_it_keeps_the_words_too(
    pages: TestClient, world: World
) -> None:
    late = pages.post(url(world), data=MADE | OTHERS)

    assert late.status_code == 403
    assert handed_back(late.text) == HANDED_BACK
