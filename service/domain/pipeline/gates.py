"""What a submission must have behind it before it may be rejected."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlmodel import Session

from service.core.errors import StateConflict
from service.domain.accounts.actor import Actor
from service.domain.reviews.queries.champions import (
    find_championed,
    find_sealed,
    list_discussions,
)
from service.domain.submissions.tables import Submission


class RejectionStopped(StateConflict):
    """`submissions` are those that stop it."""

    def __init__(self, submissions: Collection[UUID]) -> None:
        self.submissions = frozenset(submissions)
        super().__init__()


class ScoresSealed(RejectionStopped):
    code = "scores_sealed"
    message = (
        "Somebody has judged this, and you may not see yet how. Wait until the scores open, or "
        "look early with a reason; then you can reject."
    )


class ChampionUnheard(RejectionStopped):
    code = "champion_unheard"
    message = (
        "A reviewer champions this. Talk it over with the champion and record that first; then "
        "you can reject."
    )


def check_rejection(
    session: Session, actor: Actor, submissions: Sequence[Submission]
) -> frozenset[UUID]:
    """Which of these are rejected against a champion. Raises ScoresSealed, ChampionUnheard.

    Who may not see the scores is stopped wherever anybody has locked, champion or not: so the
    refusal tells nothing that those who hire do not know anyhow.
    """
    if sealed := find_sealed(session, actor, submissions):
        raise ScoresSealed(sealed)
    championed = find_championed(session, submissions)
    heard = list_discussions(session, [card for cards in championed.values() for card in cards])
    unheard = {id for id, cards in championed.items() if not all(heard[c.id] for c in cards)}
    if unheard:
        raise ChampionUnheard(unheard)
    return frozenset(championed)
