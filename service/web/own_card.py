"""One's own scorecard as a form shows it: nothing that rests on what is not beside it.

Levels rest on the anchors of one rubric, citations on what one revision holds.
"""

from collections.abc import Callable

from service.core.errors import NotFound
from service.domain.jobs.queries import find_rubric
from service.domain.jobs.tables import Criterion, Rubric
from service.domain.reviews.queries import OwnReview, in_order
from service.domain.submissions.differences import contents_of
from service.domain.submissions.queries import get_revision
from service.domain.submissions.tables import Revision
from service.doors.visit import Db
from service.web.typed import Typed, whole

CHOICES = ("recommendation", "confidence")
TEXTS = ("comment", "counter_argument", "recruiter_comment")


def card_in_words(
    db: Db, review: OwnReview, typed: Typed | None, asked: int | None
) -> dict[str, object]:
    """What the form shows: as typed, or as saved and judging the revision asked for.

    Raises NotFound when there is no such revision.
    """
    shown, revision = typed or _typed(review), review.revision
    if typed:
        revision = _judged(db, review, whole(typed.value("revision")))
    elif asked is not None and not review.is_locked:
        revision = get_revision(db, review.submission, asked)
        _untick_lost(shown, review.revision, revision)
    old_levels = _take_old_levels(db, review, shown)
    _take_unasked(db, review, shown)
    is_newest = revision.number == review.submission.revision
    newest = revision if is_newest else get_revision(db, review.submission)
    return {
        "revision": revision,
        "saved_for": review.revision.number if review.card else revision.number,
        "newer": None if is_newest else _differing(revision, newest),
        "gone": _gone(revision, newest),
        "criteria": review.rubric.criteria if review.rubric else [],
        "rubric": review.rubric.number if review.rubric else "",
        "old_levels": old_levels,
        "form": shown,
        "citable": _citable(revision),
    }


def field_of(review: OwnReview) -> Callable[[str], str]:
    """From the place of a fault to the field of the criterion it is about."""
    keys = [criterion.key for criterion in review.rubric.criteria] if review.rubric else []

    def find(pointer: str) -> str:
        name, number, what, *_deeper = [*pointer.strip("/").split("/"), "", ""]
        if name != "ratings":
            return name
        is_known = number.isdecimal() and int(number) < len(keys)
        return f"rating-{keys[int(number)]}-{what}" if is_known else ""

    return find


def _typed(review: OwnReview) -> Typed:
    """What was saved; `rubric` is the one that its levels were chosen from."""
    card = review.card
    if not card:
        return Typed.filled(rubric=review.rubric.number if review.rubric else None)
    values: dict[str, object] = {name: getattr(card, name) for name in TEXTS}
    values |= {name: value.value for name in CHOICES if (value := getattr(card, name))}
    typed = Typed.filled(**values, rubric=card.rubric.number)
    if card.forecast is not None:
        typed.fields["forecast"] = [str(card.forecast)]
    for rating in in_order(card.ratings):
        at = f"rating-{rating.criterion.key}-"
        if rating.rated:
            typed.fields[f"{at}level"] = ["none" if rating.level is None else str(rating.level)]
        typed.fields[f"{at}cites"] = list(rating.cites)
        typed.fields[f"{at}quote"] = [rating.quote]
        typed.fields[f"{at}place"] = [rating.place]
        typed.fields[f"{at}comment"] = [rating.comment]
    return typed


def _judged(db: Db, review: OwnReview, number: int | str | None) -> Revision:
    """The revision that a form was made for; if there is none such, the saved one."""
    if review.is_locked or not isinstance(number, int):
        return review.revision
    try:
        return get_revision(db, review.submission, number)
    except NotFound:
        return review.revision


def _untick_lost(shown: Typed, saved: Revision, judged: Revision) -> None:
    """A citation stays only where the same thing stands in both; words may go on behind it."""
    before, now = contents_of(saved), contents_of(judged)
    kept = {cite for cite, held in before.items() if now.get(cite) == held}
    if judged.statement.startswith(saved.statement):
        kept.add("statement")
    for name, cites in shown.fields.items():
        if name.startswith("rating-") and name.endswith("-cites"):
            cites[:] = [cite for cite in cites if cite in kept]


def _differing(judged: Revision, newest: Revision) -> list[str]:
    """What the newest revision has that is not the same in the one that is judged, in words."""
    before, now = contents_of(judged), contents_of(newest)
    return [words for cite, words in _citable(newest) if now[cite] != before.get(cite)]


def _gone(judged: Revision, newest: Revision) -> list[str]:
    """What is judged and is not in the newest revision at all, in words."""
    now = contents_of(newest)
    return [words for cite, words in _citable(judged) if cite not in now]


def _take_old_levels(db: Db, review: OwnReview, shown: Typed) -> dict[str, str] | None:
    """Untick the levels that were chosen from an older rubric; what they were, by criterion.

    None when they were chosen from the anchors beside them.
    """
    newest, number = review.rubric, shown.value("rubric")
    if review.is_locked or newest is None or number == str(newest.number):
        return None
    if not number and newest.number == 1:
        return None  # it need not be named as long as there is no other
    criteria = _criteria_of(db, newest, number)
    taken = {c.key: shown.fields.pop(f"rating-{c.key}-level", []) for c in newest.criteria}
    return {key: _words(criteria.get(key), level[0]) for key, level in taken.items() if any(level)}


def _take_unasked(db: Db, review: OwnReview, shown: Typed) -> None:
    """Words on a criterion that is asked no longer go behind the comment, so that none is lost."""
    newest = review.rubric
    asked = {criterion.key for criterion in newest.criteria} if newest else set()
    lost = {
        name: name.removeprefix("rating-").rpartition("-")
        for name in shown.fields
        if name.startswith("rating-")
    }
    lost = {name: parts for name, parts in lost.items() if parts[0] not in asked}
    if newest is None or not lost:
        return
    criteria = _criteria_of(db, newest, shown.value("rubric"))
    said = [shown.value("comment")]
    for name, (key, _dash, what) in lost.items():
        words = "\n".join(shown.fields.pop(name))
        if what in ("quote", "place", "comment") and words.strip():
            called = criteria[key].name if key in criteria else key
            said.append(f"On “{called}”, which is no longer asked: {words}")
    shown.fields["comment"] = ["\n\n".join(text for text in said if text)]


def _criteria_of(db: Db, newest: Rubric, number: str) -> dict[str, Criterion]:
    """By key, those of the rubric that a form names."""
    by = whole(number)
    named = find_rubric(db, newest.job_id, by) if isinstance(by, int) else None
    return {criterion.key: criterion for criterion in named.criteria} if named else {}


def _citable(revision: Revision) -> list[tuple[str, str]]:
    """All that a level may rest on: how it is cited, and how a person calls it."""
    exhibits = [(str(piece.number), f"Exhibit {piece.number}") for piece in revision.evidence]
    statement = [("statement", "Statement")] if revision.statement else []
    answers = [(f"answer:{a['key']}", f"“{a['question']}”") for a in revision.answers]
    return [*exhibits, *statement, *answers]


def _words(criterion: Criterion | None, level: str) -> str:
    if level == "none":
        return "Not shown"
    anchors = criterion.anchors if criterion else []
    said = (f"{level}: {one['anchor']}" for one in anchors if str(one["level"]) == level)
    return next(said, level)
