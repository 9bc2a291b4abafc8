"""What happens between reviewers and submissions. Never a level, a word or a figure of a score."""

from typing import ClassVar
from uuid import UUID

from service.core.outbox import Event


class ReviewerAssigned(Event):
    """Somebody is asked to review, or took the work."""

    name: ClassVar[str] = "reviewer.assigned"

    submission_id: UUID
    job_id: UUID
    assignment_id: UUID
    reviewer_id: UUID


class AssignmentChanged(Event):
    """It has another date."""

    name: ClassVar[str] = "assignment.changed"

    submission_id: UUID
    job_id: UUID
    assignment_id: UUID
    reviewer_id: UUID


class AssignmentDeclined(Event):
    """The reviewer will not do it."""

    name: ClassVar[str] = "assignment.declined"

    submission_id: UUID
    job_id: UUID
    assignment_id: UUID
    reviewer_id: UUID


class AssignmentAbstained(Event):
    """The reviewer ought not to do it."""

    name: ClassVar[str] = "assignment.abstained"

    submission_id: UUID
    job_id: UUID
    assignment_id: UUID
    reviewer_id: UUID


class AssignmentReassigned(Event):
    """Another reviewer takes the place: `to_assignment_id` is the new one."""

    name: ClassVar[str] = "assignment.reassigned"

    submission_id: UUID
    job_id: UUID
    assignment_id: UUID
    reviewer_id: UUID
    to_assignment_id: UUID
    to_reviewer_id: UUID


class AssignmentBlocked(Event):
    """A conflict of interest ended it."""

    name: ClassVar[str] = "assignment.blocked"

    submission_id: UUID
    job_id: UUID
    assignment_id: UUID
    reviewer_id: UUID


class ConflictDeclared(Event):
    """Somebody says that they must not see or judge it; what it rests on is in the detail."""

    name: ClassVar[str] = "conflict.declared"

    submission_id: UUID
    job_id: UUID
    conflict_id: UUID
    user_id: UUID


class ConflictSuspected(Event):
    """Somebody else, or Exhibit, sees a reason; until it is confirmed, it blocks nothing."""

    name: ClassVar[str] = "conflict.suspected"

    submission_id: UUID
    job_id: UUID
    conflict_id: UUID
    user_id: UUID


class ConflictConfirmed(Event):
    """By somebody uninvolved, with a reason; from now on it blocks."""

    name: ClassVar[str] = "conflict.confirmed"

    submission_id: UUID
    job_id: UUID
    conflict_id: UUID
    user_id: UUID


class ConflictDismissed(Event):
    """By somebody uninvolved, with a reason; it blocks no longer."""

    name: ClassVar[str] = "conflict.dismissed"

    submission_id: UUID
    job_id: UUID
    conflict_id: UUID
    user_id: UUID


class LeadNamed(Event):
    """The conflict of who led the hiring leaves this submission to somebody else."""

    name: ClassVar[str] = "lead.named"

    submission_id: UUID
    job_id: UUID
    user_id: UUID


class ScorecardSaved(Event):
    """A draft was written, or written again."""

    name: ClassVar[str] = "scorecard.saved"

    submission_id: UUID
    job_id: UUID
    scorecard_id: UUID
    reviewer_id: UUID


class ScorecardLocked(Event):
    name: ClassVar[str] = "scorecard.locked"

    submission_id: UUID
    job_id: UUID
    scorecard_id: UUID
    reviewer_id: UUID
    assignment_id: UUID
    revision_id: UUID
    rubric_id: UUID


class ScorecardAmended(Event):
    """Its reviewer says something else now; what was locked first stays. Why is not told here."""

    name: ClassVar[str] = "scorecard.amended"

    submission_id: UUID
    job_id: UUID
    scorecard_id: UUID
    reviewer_id: UUID
    amendment_id: UUID


class ChampionDiscussed(Event):
    """A strong yes was talked over before a rejection. It is sealed like the scores."""

    name: ClassVar[str] = "champion.discussed"

    submission_id: UUID
    job_id: UUID
    scorecard_id: UUID
    reviewer_id: UUID
    discussion_id: UUID


class ScoresUnsealed(Event):
    """Somebody with the right looked at sealed scores early; why is in the detail."""

    name: ClassVar[str] = "scores.unsealed"

    submission_id: UUID
    job_id: UUID
    user_id: UUID
