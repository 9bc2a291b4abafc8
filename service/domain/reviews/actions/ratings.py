"""What makes a scorecard right: its levels are of the rubric, and each rests on what was sent."""

from collections.abc import Iterator, Mapping, Sequence
from uuid import UUID

from sqlmodel import Session

from service.core.errors import Fault, Invalid, NotFound
from service.domain.jobs.tables import Criterion, Rubric
from service.domain.reviews.inputs import Judgement, RatingInput
from service.domain.reviews.tables import Rating, Scorecard
from service.domain.submissions.queries import get_revision
from service.domain.submissions.tables import Revision, Submission

STATEMENT, ANSWER = "statement", "answer:"


class ScorecardInvalid(Invalid):
    code = "scorecard_invalid"
    message = "This scorecard does not fit the rubric or what was sent. See the errors."


def check_ratings(
    rubric: Rubric, revision: Revision, given: Sequence[RatingInput]
) -> dict[UUID, RatingInput]:
    """By the id of the criterion, with cites as they are stored. Raises ScorecardInvalid."""
    criteria = {criterion.key: criterion for criterion in rubric.criteria}
    citable = _citable(revision)
    ratings: dict[UUID, RatingInput] = {}
    faults: list[Fault] = []
    for place, rating in enumerate(given):
        criterion = criteria.pop(rating.criterion, None)
        faults += _faults(f"/ratings/{place}", rating, criterion, citable)
        if criterion:
            cites = [citable[cite] for cite in map(str, rating.cites) if cite in citable]
            ratings[criterion.id] = rating.model_copy(update={"cites": cites})
    if faults:
        raise ScorecardInvalid(faults=faults)
    return ratings


def judged_revision(session: Session, submission: Submission, number: int | None) -> Revision:
    """The revision of this number, else the newest. Raises ScorecardInvalid."""
    try:
        return get_revision(session, submission, number)
    except NotFound:
        fault = Fault("/revision", "The submission has no confirmed revision of this number.")
        raise ScorecardInvalid(faults=[fault]) from None


def find_missing(
    said: Scorecard | Judgement, ratings: Mapping[UUID, Rating | RatingInput], rubric: Rubric
) -> list[Fault]:
    """What keeps a judgement from being whole; criteria are counted as in the rubric."""
    faults = []
    if said.recommendation is None:
        faults.append(Fault("/recommendation", "Say what you recommend."))
    if said.confidence is None:
        faults.append(Fault("/confidence", "Say how sure you are."))
    for place, criterion in enumerate(rubric.criteria):
        rating = ratings.get(criterion.id)
        if not rating or not rating.is_rated:
            unrated = f"Rate {criterion.name}, or say that it is not shown."
            faults.append(Fault(f"/ratings/{place}/level", unrated))
        elif rating.level is not None and not rating.cites:
            uncited = f"Say what your level for {criterion.name} rests on."
            faults.append(Fault(f"/ratings/{place}/cites", uncited))
    return faults


def composite(
    ratings: Mapping[UUID, Rating | RatingInput], criteria: Sequence[Criterion]
) -> float | None:
    """The mean of the levels shown, weighted as the rubric says; None when none was shown."""
    rated = [(criterion.weight, ratings.get(criterion.id)) for criterion in criteria]
    shown = [(weight, one.level) for weight, one in rated if one and one.level is not None]
    if not shown:
        return None
    return sum(weight * level for weight, level in shown) / sum(weight for weight, _ in shown)


def _citable(revision: Revision) -> dict[str, str]:
    """All that may be cited of a revision, in every spelling, and how it is stored."""
    names = {str(answer["key"]): ANSWER + str(answer["key"]) for answer in revision.answers}
    found = {stored: stored for stored in names.values()}
    for evidence in revision.evidence:
        found[str(evidence.number)] = found[str(evidence.id)] = str(evidence.number)
    if revision.statement:
        found[STATEMENT] = STATEMENT
    return found


def _faults(
    place: str, rating: RatingInput, criterion: Criterion | None, citable: dict[str, str]
) -> Iterator[Fault]:
    if criterion is None:
        yield Fault(f"{place}/criterion", "The rubric has no such criterion, or it came twice.")
    elif rating.level is not None and rating.level not in _levels(criterion):
        levels = ", ".join(map(str, _levels(criterion)))
        yield Fault(f"{place}/level", f"Choose one of {levels}, or null for not shown.")
    seen: set[str] = set()
    for number, cite in enumerate(rating.cites):
        stored = citable.get(str(cite))
        if stored is None:
            wanted = "a number or id of evidence, statement, or answer:<key>"
            yield Fault(f"{place}/cites/{number}", f"Cite what this revision has: {wanted}.")
        elif stored in seen:
            yield Fault(f"{place}/cites/{number}", "This is cited twice.")
        else:
            seen.add(stored)


def _levels(criterion: Criterion) -> list[object]:
    return [anchor["level"] for anchor in criterion.anchors]
