"""What can be asked about moves and decisions."""

from sqlmodel import Session, col, select

from service.domain.pipeline.tables import DecisionRecord
from service.domain.submissions.tables import Submission


def find_decision(session: Session, submission: Submission) -> DecisionRecord | None:
    """The decision that stands."""
    query = select(DecisionRecord).where(
        DecisionRecord.submission_id == submission.id, col(DecisionRecord.taken_back_at).is_(None)
    )
    return session.exec(query.order_by(col(DecisionRecord.id).desc())).first()
