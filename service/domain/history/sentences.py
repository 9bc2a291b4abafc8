"""Events as sentences that a person reads: the wording of each, and who may read it."""

from enum import StrEnum


class Audience(StrEnum):
    """Who reads an event in a submission's history, among those who see the submission."""

    ALL = "all"
    # About one reviewer: that one, those who run the hiring, and whoever sees the scores. To
    # others even how far the reviewers are could tell something.
    JUDGES = "judges"
    RUNNERS = "runners"  # recruiters of the job and admins
    OPEN = "open"  # whoever sees the scores, and nobody else: that it happened tells a score


SENTENCES: dict[str, tuple[Audience, str]] = {
    "submission.received": (Audience.ALL, "{who} sent it"),
    "revision.received": (Audience.RUNNERS, "An addition came in and waits to be confirmed"),
    "revision.confirmed": (Audience.ALL, "{who} confirmed an addition, now revision {number}"),
    "revision.added": (Audience.ALL, "{who} added to it, now revision {number}"),
    "revision.expired": (Audience.RUNNERS, "An addition expired, because nobody confirmed it"),
    "submission.moved": (Audience.ALL, "{who} moved it from {from_stage} to {to_stage}"),
    "submission.decided": (Audience.ALL, "{who} ended it: {decision}"),
    "submission.withdrawn": (Audience.ALL, "{who} withdrew it"),
    "submission.reopened": (Audience.ALL, "{who} took the decision back"),
    "reviewer.assigned": (Audience.JUDGES, "{who} asked {reviewer} to review it"),
    "assignment.changed": (Audience.JUDGES, "{who} changed the date of {reviewer}’s review"),
    "assignment.declined": (Audience.JUDGES, "{who} declined to review it"),
    "assignment.abstained": (Audience.JUDGES, "{who} abstained from reviewing it"),
    "assignment.reassigned": (Audience.JUDGES, "{who} gave {reviewer}’s review to {to_reviewer}"),
    "assignment.blocked": (Audience.RUNNERS, "A conflict of interest ended {reviewer}’s review"),
    "conflict.declared": (Audience.RUNNERS, "{who} declared a conflict of interest"),
    "conflict.suspected": (
        Audience.RUNNERS,
        "{who} suspects a conflict of interest of {person}",
    ),
    "conflict.confirmed": (
        Audience.RUNNERS,
        "{who} confirmed the conflict of interest of {person}",
    ),
    "conflict.dismissed": (
        Audience.RUNNERS,
        "{who} dismissed the conflict of interest of {person}",
    ),
    "lead.named": (Audience.RUNNERS, "{person} leads the hiring of it from now on"),
    "scorecard.locked": (Audience.JUDGES, "{who} locked a scorecard"),
    "scorecard.amended": (Audience.JUDGES, "{who} amended a scorecard"),
    "champion.discussed": (
        Audience.OPEN,
        "{who} recorded a talk with {reviewer}, who champions it",
    ),
    "scores.unsealed": (Audience.JUDGES, "{who} looked at the sealed scores early"),
    "outcome.recorded": (Audience.RUNNERS, "{who} recorded how the hire turned out"),
    "withdrawal.requested": (Audience.RUNNERS, "A link to withdraw it was asked for"),
    "message.written": (Audience.RUNNERS, "{who} wrote a letter: {letter}"),
    "message.sent": (Audience.RUNNERS, "A letter was sent: {letter}"),
    "message.failed": (Audience.RUNNERS, "A letter could not be sent: {letter}"),
}

# Taken by oneself, the same event reads differently.
TAKEN = "{who} took it to review"

LETTERS = {
    "thanks": "thanks",
    "confirm": "please confirm what was sent",
    "status_link": "link to the status page",
    "withdraw": "link to withdraw",
    "rejection": "rejection",
    "revision_expired": "an addition was not confirmed",
    "sent_after_end": "new evidence for an ended submission",
    "assignment": "a submission waits for review",
}


def names_for(*, is_judge: bool, is_runner: bool) -> list[str]:
    """The events that are told to somebody, whoever they are about."""
    audiences = {Audience.ALL}
    if is_judge:
        audiences |= {Audience.JUDGES, Audience.OPEN}
    if is_runner:
        audiences |= {Audience.JUDGES, Audience.RUNNERS}
    return [name for name, (audience, _) in SENTENCES.items() if audience in audiences]


def names_about_oneself() -> list[str]:
    """The events that a person is told besides, when they are about that person."""
    return [name for name, (audience, _) in SENTENCES.items() if audience is Audience.JUDGES]
