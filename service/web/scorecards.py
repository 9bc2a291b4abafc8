"""The scorecard as a form: the twin of the API's `scorecards/mine`."""

from dataclasses import dataclass
from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import ValidationError

from service.core.errors import Refusal, Stale
from service.core.versions import Expected
from service.domain.accounts.actor import Actor
from service.domain.jobs.queries import get_job
from service.domain.reviews.actions import (
    RubricChanged,
    ScorecardInvalid,
    lock_scorecard,
    save_scorecard,
    take_next,
)
from service.domain.reviews.inputs import ScorecardInput
from service.domain.reviews.policy import may_review
from service.domain.reviews.queries import OwnReview, find_assignment, get_own_review
from service.domain.submissions.queries import get_submission
from service.doors.forms import Form, FormHere
from service.doors.pages import PageVisit
from service.doors.routes import DoorRoute
from service.doors.visit import Db
from service.web.done import after
from service.web.own_card import CHOICES, TEXTS, card_in_words, field_of
from service.web.render import message, page
from service.web.typed import Typed, whole
from service.web.unsaved import unsaved_words
from service.web.versions import RevisionAsked, version_in

router = APIRouter(prefix="/desk", route_class=DoorRoute)
KEPT = "Your draft is saved. It is not locked yet."
TOLD = (Stale, RubricChanged)  # who was told of the present version goes on from it

WRONG_CHOICE = {
    "level": "Choose one of these levels, or that it is not shown.",
    "cites": "Choose from what stands here.",
    "recommendation": "Choose one of these.",
    "confidence": "Choose one of these.",
}


@dataclass(frozen=True)
class Showing:
    """What the page shows beside, or instead of, what is saved."""

    typed: Typed | None = None
    status: int = 200
    notice: str = ""
    version: str | None = None
    revision: int | None = None


@router.post("/jobs/{slug}/next")
def next_one(request: Request, visit: PageVisit, slug: str, form: FormHere) -> Response:  # noqa: ARG001  # read for its Idempotency-Key
    """Take the least-reviewed submission one may."""
    with visit.writing() as (db, me):
        assignment = take_next(db, me, get_job(db, me, slug))
        if assignment:
            return visit.redirect(f"/desk/submissions/{assignment.submission_id}/scorecard")
    said = "No submission of this job needs another review now."
    return message(request, "All is reviewed", said, back="/desk", back_words="Inbox")


@router.get("/submissions/{id}/scorecard")
def show(
    request: Request,
    visit: PageVisit,
    id: UUID,
    revision: RevisionAsked = None,
) -> Response:
    """One's own: empty, a draft, or locked; a draft also to judge another revision by."""
    return _page(request, visit, id, Showing(revision=revision))


@router.post("/submissions/{id}/scorecard")
def save(request: Request, visit: PageVisit, id: UUID, form: FormHere) -> Response:
    """Save the draft; then lock it, or go on with the newest revision, as was pressed."""
    typed, page_of_it = Typed.of(form), f"/desk/submissions/{id}"
    own = f"{page_of_it}/scorecard"
    request.state.unsaved = typed  # for who may not see the page of it any more
    try:
        with visit.writing() as (db, me):
            saved = _save(db, me, id, form, typed)
            if form.get("do") == "newest":
                newest = get_submission(db, me, id).revision
                return visit.redirect(after(visit, f"{own}?revision={newest}", "draft_saved"))
            if form.get("do") != "lock":
                return visit.redirect(after(visit, own, "draft_saved"))
            try:
                lock_scorecard(db, me, get_submission(db, me, id), saved)
            except Refusal as refusal:
                # The draft stays saved, so the answer is kept: a second press is told the same.
                refused = Showing(typed, typed.refused(refusal), KEPT)
                return visit.show(_shown(request, db, me, id, refused))
            return visit.redirect(after(visit, page_of_it, "locked"))
    except (ValidationError, Refusal) as error:
        version = None if isinstance(error, TOLD) else form.get("version")
        return _page(request, visit, id, Showing(typed, _told(typed, error), version=version))


def _save(db: Db, me: Actor, id: UUID, form: Form, typed: Typed) -> Expected:
    """The version that was saved. What is refused is put beside the fields of `typed`."""
    submission = get_submission(db, me, id)
    review = get_own_review(db, me, submission)
    typed.field_of = field_of(review)
    expected = version_in(form) if form.get("version") else None
    saved = save_scorecard(db, me, submission, _input(form, review), expected)
    return Expected(frozenset({saved.version or 0}))


def _told(typed: Typed, error: Refusal | ValidationError) -> int:
    """The status; what is wrong with a choice is said in words of the page, not of the API."""
    status = typed.refused(error)
    if isinstance(error, ValidationError | ScorecardInvalid):
        said = ((at, WRONG_CHOICE.get(at.rpartition("-")[2], text)) for at, text in typed.found)
        typed.found = list(dict.fromkeys(said))
    return status


def _input(form: Form, review: OwnReview) -> ScorecardInput:
    """The draft that the form's fields say. Raises ValidationError."""
    content: dict[str, object] = {name: form.get(name) for name in TEXTS}
    content |= {name: form.get(name) or None for name in CHOICES}
    content["revision"] = whole(form.get("revision"))
    content["rubric"] = whole(form.get("rubric"))
    content["forecast"] = whole(form.get("forecast"))
    criteria = review.rubric.criteria if review.rubric else []
    content["ratings"] = [_rating(form, criterion.key) for criterion in criteria]
    return ScorecardInput.model_validate(content)


def _rating(form: Form, key: str) -> dict[str, object]:
    at = f"rating-{key}-"
    chosen = form.get(f"{at}level")
    rating: dict[str, object] = {
        "criterion": key,
        "cites": form.get_all(f"{at}cites"),
        "quote": form.get(f"{at}quote"),
        "place": form.get(f"{at}place"),
        "comment": form.get(f"{at}comment"),
    }
    if chosen:
        rating["level"] = None if chosen == "none" else whole(chosen)
    return rating


def _page(request: Request, visit: PageVisit, id: UUID, showing: Showing) -> Response:
    with visit.reading() as (db, me):
        return _shown(request, db, me, id, showing)


def _shown(request: Request, db: Db, me: Actor, id: UUID, showing: Showing) -> Response:
    submission = get_submission(db, me, id)
    review = get_own_review(db, me, submission)
    mine = find_assignment(db, submission, me.user_id)
    card, version = review.card, showing.version
    unsaved = showing.typed if review.is_locked else None
    typed = None if unsaved else showing.typed
    return page(
        request,
        "scorecard.html",
        status=showing.status,
        me=me,
        submission=submission,
        **card_in_words(db, review, typed, showing.revision),
        version=version if version is not None else card.version if card else "",
        locked=card.locked_at if card and review.is_locked else None,
        assignment=mine if may_review(mine) else None,
        notice=showing.notice,
        overtaken=unsaved is not None,
        unsaved=unsaved_words(unsaved) if unsaved else [],
        elsewhere=showing.status == HTTPStatus.PRECONDITION_FAILED,
    )
