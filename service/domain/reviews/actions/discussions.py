"""Champions are heard before somebody is rejected against them."""

from uuid import UUID

from sqlmodel import Session

from service.core import outbox
from service.core.errors import NotFound, StateConflict
from service.domain.accounts.actor import Actor, require
from service.domain.reviews.events import ChampionDiscussed
from service.domain.reviews.inputs import DiscussionInput
from service.domain.reviews.queries import are_scores_open, list_scorecards
from service.domain.reviews.queries.assignments import hold_submission
from service.domain.reviews.queries.champions import is_champion, list_discussions
from service.domain.reviews.tables import Discussion, Scorecard
from service.domain.submissions.queries import is_run_by
from service.domain.submissions.tables import Submission

MOST_DISCUSSIONS = 50


class NoChampion(StateConflict):
    code = "no_champion"
    message = "This scorecard champions nobody now: no strong yes with a cited level at the top."


class DiscussedTooOften(StateConflict):
    code = "discussed_too_often"
    message = "At most {most} discussions are kept with one scorecard."


def discuss_champion(
    session: Session,
    actor: Actor,
    submission: Submission,
    scorecard_id: UUID,
    wanted: DiscussionInput,
) -> Discussion:
    """Record what a champion argues and what was answered, by somebody who hires for the job.

    Not by the champion, who can amend. A sealed scorecard does not exist.
    Raises NotFound, NoChampion, DiscussedTooOften.
    """
    require(is_run_by(session, actor, submission))
    hold_submission(session, submission)
    card = _champion(session, actor, submission, scorecard_id)
    if len(list_discussions(session, [card])[card.id]) >= MOST_DISCUSSIONS:
        raise DiscussedTooOften(most=MOST_DISCUSSIONS)
    discussion = Discussion(scorecard_id=card.id, discussed_by=actor.user_id, **wanted.model_dump())
    session.add(discussion)
    session.flush()
    discussed = ChampionDiscussed(
        submission_id=submission.id,
        job_id=submission.job_id,
        scorecard_id=card.id,
        reviewer_id=card.reviewer_id,
        discussion_id=discussion.id,
    )
    outbox.record(session, actor, submission.id, discussed)
    return discussion


def _champion(
    session: Session, actor: Actor, submission: Submission, scorecard_id: UUID
) -> Scorecard:
    opened = are_scores_open(session, actor, submission)
    cards = list_scorecards(session, actor, submission) if opened else []
    card = next((one for one in cards if one.id == scorecard_id), None)
    if not card:
        raise NotFound
    require(card.reviewer_id != actor.user_id)
    if not is_champion(card):
        raise NoChampion
    return card
