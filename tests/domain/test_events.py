"""Every event is documented, has its own name, and is told in the history or left out of it."""

from collections import Counter

from service.domain.desk.exports.history import UNTOLD
from service.domain.history.sentences import SENTENCES
from service.worker.reactions import REACTIONS
from tests.events_table import PAGE, every_event, write_page


def test_the_page_of_events_is_true() -> None:
    """When it is not: `python -m tests.events_table`."""
    assert PAGE.read_text(encoding="utf-8") == write_page()


def test_no_two_events_have_one_name() -> None:
    names = Counter(kind.name for kind in every_event())
    assert [name for name, count in names.items() if count > 1] == []


def test_every_event_about_a_submission_is_told_or_left_out_on_purpose() -> None:
    about = {kind.name for kind in every_event() if "submission_id" in kind.model_fields}
    assert about <= set(SENTENCES) | UNTOLD
    assert set(SENTENCES).isdisjoint(UNTOLD)


def test_what_is_told_and_reacted_to_are_events_that_there_are() -> None:
    names = {kind.name for kind in every_event()}
    assert set(SENTENCES) | UNTOLD | set(REACTIONS) <= names


def test_no_event_holds_a_score_or_a_person() -> None:
    """Only ids, and a few plain words whose values are ours."""
    words = {
        "kind",
        "decision",
        "number",
        "purpose",
        "assigned",
        "blocked",
        "public",
        "table",
        "format",
    }
    others = {
        (kind.name, name)
        for kind in every_event()
        for name in kind.model_fields
        if not name.endswith("_id") and name not in words
    }
    assert others == set()
