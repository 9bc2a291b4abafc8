"""What people read is written for them: kinds, periods and days in words."""

from datetime import UTC, date, datetime

import pytest
from fastapi.testclient import TestClient

from service.domain.submissions.tables import Evidence, EvidenceKind
from service.web.render import day, period
from tests.reviewing import assign
from tests.worlds import World


@pytest.mark.parametrize(
    ("started", "ended", "words"),
    [
        ("2019", "2021-03", "2019 – March 2021"),
        ("2021-03", None, "March 2021 – today"),
        (None, "2021-03", "until March 2021"),
        (None, None, ""),
    ],
)
def test_a_period_is_told_in_words(started: str | None, ended: str | None, words: str) -> None:
    assert period(started, ended) == words


def test_days_and_moments_are_written_one_way() -> None:
    assert day(date(2026, 12, 1)) == day(datetime(2026, 12, 1, tzinfo=UTC)) == "1 December 2026"


def test_a_day_that_a_review_is_due_is_written_out(reviewing: TestClient, world: World) -> None:
    assign(reviewing, world.recruiter, world.reviewer, world.submission, due="2031-12-01")

    assert "1 December 2031" in reviewing.get("/desk").text


def test_a_piece_whose_kind_was_not_chosen_shows_none(pages: TestClient, world: World) -> None:
    shown = {}
    for kind in (EvidenceKind.OTHER, EvidenceKind.TALK):
        with world.database.write() as session:
            session.get_one(Evidence, world.submission.evidence_id).kind = kind
        shown[kind] = pages.get(f"/desk/submissions/{world.submission.id}").text

    assert '<p class="soft">Talk</p>' in shown[EvidenceKind.TALK]
    assert ">Other<" not in shown[EvidenceKind.OTHER]


def test_kinds_of_answers_are_called_as_people_do(pages: TestClient, world: World) -> None:
    shown = pages.get(f"/desk/jobs/{world.job_slug}/questions").text

    assert '<option value="yes_no">Yes or no</option>' in shown
    assert '<option value="multi_choice">Several of a list</option>' in shown


def test_lines_to_write_more_into_ask_for_nothing(pages: TestClient, world: World) -> None:
    shown = pages.get(f"/desk/jobs/{world.job_slug}/stages").text

    assert '<label for="stages-0-name">Name</label>' in shown
    assert '<label for="stages-4-name">Name <span class="soft">(optional)</span></label>' in shown
    assert shown.count("Leave it empty to add nothing.") == 3
    assert "The order, by numbers: 10, 20, … Empty: last." in shown
