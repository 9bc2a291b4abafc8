"""One's own scorecard as a form shows it: nothing chosen by other anchors than those beside it."""

from service.domain.jobs.queries import find_rubric
from service.domain.jobs.tables import Criterion
from service.domain.reviews.queries import OwnReview
from service.domain.submissions.tables import Revision
from service.doors.visit import Db
from service.web.typed import Typed, whole

CHOICES = ("recommendation", "confidence")
TEXTS = ("comment", "counter_argument")


def typed_of(review: OwnReview) -> Typed:
    """What was saved; `rubric` is the one that its levels were chosen from."""
    card = review.card
    if not card:
        return Typed.filled(rubric=review.rubric.number if review.rubric else None)
    values: dict[str, object] = {name: getattr(card, name) for name in TEXTS}
    values |= {name: value.value for name in CHOICES if (value := getattr(card, name))}
    typed = Typed.filled(**values, rubric=card.rubric.number)
    if card.forecast is not None:
        typed.fields["forecast"] = [str(card.forecast)]
    for criterion in review.rubric.criteria if review.rubric else []:
        rating = review.find_rating(criterion)
        if rating:
            at = f"rating-{criterion.key}-"
            if rating.rated:
                typed.fields[f"{at}level"] = ["none" if rating.level is None else str(rating.level)]
            typed.fields[f"{at}cites"] = list(rating.cites)
            typed.fields[f"{at}quote"] = [rating.quote]
            typed.fields[f"{at}comment"] = [rating.comment]
    return typed


def take_old_levels(db: Db, review: OwnReview, shown: Typed) -> dict[str, str] | None:
    """Untick the levels that were chosen from an older rubric; what they were, by criterion.

    None when they were chosen from the anchors beside them.
    """
    newest, number = review.rubric, shown.value("rubric")
    if review.is_locked or newest is None or number == str(newest.number):
        return None
    if not number and newest.number == 1:
        return None  # it need not be named as long as there is no other
    by = whole(number)
    old = find_rubric(db, newest.job_id, by) if isinstance(by, int) else None
    criteria = {criterion.key: criterion for criterion in old.criteria} if old else {}
    taken = {c.key: shown.fields.pop(f"rating-{c.key}-level", []) for c in newest.criteria}
    return {key: _words(criteria.get(key), level[0]) for key, level in taken.items() if any(level)}


def citable(revision: Revision) -> list[tuple[str, str]]:
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
