"""What a new job starts with, so that it can be used without much thought."""

from service.domain.jobs.inputs import RejectionReason, StageInput
from service.domain.jobs.tables import StageKind

STAGES = (
    StageInput(key="new", name="New", kind=StageKind.NEW),
    StageInput(key="review", name="Review", kind=StageKind.REVIEW),
    StageInput(key="interview", name="Interview", kind=StageKind.INTERVIEW),
    StageInput(key="offer", name="Offer", kind=StageKind.OFFER),
)
REJECTION_REASONS = (
    RejectionReason(key="evidence", text="The evidence did not yet show what this job needs most."),
    RejectionReason(key="other_role", text="The evidence is strong, but for a different role."),
    RejectionReason(key="others_stronger", text="Others showed stronger evidence for this job."),
    RejectionReason(key="terms", text="Place, time or terms did not fit."),
    RejectionReason(key="filled", text="The job has been filled."),
    RejectionReason(key="no_reply", text="We did not hear back."),
)
