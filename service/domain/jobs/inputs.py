"""What may be said about a job; every door fills these."""

from collections.abc import Iterable
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    Strict,
    StrictBool,
    model_validator,
)
from pydantic_core import PydanticCustomError

from service.core.moments import Moment
from service.core.words import Line, Text
from service.domain.jobs.names import Key, Slug, StageKey, TimeZone
from service.domain.jobs.tables import QuestionKind, SealRule, StageKind

MOST_STAGES = 30
MOST_QUESTIONS = 50
MOST_OPTIONS = 50
MOST_MEMBERS = 100

CHOICES = frozenset({QuestionKind.CHOICE, QuestionKind.MULTI_CHOICE})

# The words of schema.org's JobPosting.
EmploymentType = Literal[
    "FULL_TIME",
    "PART_TIME",
    "CONTRACTOR",
    "TEMPORARY",
    "INTERN",
    "VOLUNTEER",
    "PER_DIEM",
    "OTHER",
]


def _once(what: str, values: Iterable[str]) -> None:
    seen = set()
    for value in values:
        if value in seen:
            raise PydanticCustomError("not_unique", "{what} is there twice.", {"what": what})
        seen.add(value)


class Part(BaseModel):
    """What is not known is refused."""

    model_config = ConfigDict(extra="forbid")


class RejectionReason(Part):
    """Why somebody may be rejected: a key for statistics, a sentence for people."""

    key: Key
    text: Annotated[str, Line(300)] = Field(description="The reason in words for people.")


def _reasons_once(reasons: list[RejectionReason]) -> list[RejectionReason]:
    _once("The same key", (reason.key for reason in reasons))
    return reasons


Reasons = Annotated[
    list[RejectionReason], Field(min_length=1, max_length=50), AfterValidator(_reasons_once)
]


class JobChange(Part):
    """What is left out stays as it is."""

    title: Annotated[str, Line(200)] = ""
    summary: Annotated[str, Line(500, blank=True)] = ""
    description: Annotated[str, Text(30_000, blank=True)] = ""
    location: Annotated[str, Line(200, blank=True)] = ""
    remote: StrictBool = False
    employment_type: EmploymentType = "FULL_TIME"
    closes_at: Moment | None = None
    timezone: TimeZone = "UTC"
    seal_rule: SealRule = SealRule.OWN_LOCK
    reviews_wanted: Annotated[int, Strict(), Field(ge=1, le=10)] = 2
    rejection_reasons: Reasons = []


class NewJob(JobChange):
    """A draft. Stages and rejection reasons that suit most come with it."""

    slug: Slug
    title: Annotated[str, Line(200)]


class StageInput(Part):
    """One step of the job."""

    key: StageKey
    name: Annotated[str, Line(80)] = Field(description="What people call it.")
    kind: StageKind = StageKind.REVIEW


class StagesInput(Part):
    """All stages, in order. One that is left out is archived."""

    stages: Annotated[list[StageInput], Field(min_length=1, max_length=MOST_STAGES)] = Field(
        description="All of them, in order."
    )

    @model_validator(mode="after")
    def check_keys(self) -> Self:
        _once("The same key", (stage.key for stage in self.stages))
        return self


class QuestionInput(Part):
    """One question of the form; `options` for the two kinds of choice only."""

    key: Key
    text: Annotated[str, Line(500)] = Field(description="The question as it is asked.")
    help: Annotated[str, Text(2_000, blank=True)] = Field(
        default="", description="A hint under it."
    )
    kind: QuestionKind = Field(description="How it is answered.")
    options: Annotated[list[Annotated[str, Line(200)]], Field(max_length=MOST_OPTIONS)] = Field(
        default=[], description="What can be chosen, for `choice` and `multi_choice` only."
    )
    required: StrictBool = Field(default=False, description="Whether a submission must answer it.")

    @model_validator(mode="after")
    def check_options(self) -> Self:
        if self.kind in CHOICES and len(self.options) < 2:  # noqa: PLR2004 - one is no choice
            raise PydanticCustomError("options_missing", "Give at least two options to choose.")
        if self.kind not in CHOICES and self.options:
            raise PydanticCustomError("options_odd", "Only choices have options.")
        _once("The same option", self.options)
        return self


class QuestionsInput(Part):
    """All questions, in order. One that is left out is archived; its answers stay."""

    questions: Annotated[list[QuestionInput], Field(max_length=MOST_QUESTIONS)] = Field(
        description="All of them, in order."
    )

    @model_validator(mode="after")
    def check_keys(self) -> Self:
        _once("The same key", (question.key for question in self.questions))
        return self


class AnchorInput(Part):
    """One level in words. `level` may be given, as it is shown; it follows from the order."""

    level: Annotated[int, Strict()] | None = Field(
        default=None, description="Its number from 1; it may be left out."
    )
    name: Annotated[str, Line(80)]
    anchor: Annotated[str, Text(2_000)]


class CriterionInput(Part):
    """What is judged, with an anchor for each level, lowest first."""

    key: Key
    name: Annotated[str, Line(200)] = Field(description="What people call it.")
    description: Annotated[str, Text(2_000, blank=True)] = Field(
        default="", description="What is meant by it."
    )
    weight: Annotated[int, Strict(), Field(ge=1, le=100)] = Field(
        default=1, description="How much it counts beside the others."
    )
    anchors: Annotated[list[AnchorInput], Field(min_length=2, max_length=5)] = Field(
        description="A text for each level, lowest first."
    )

    @model_validator(mode="after")
    def check_levels(self) -> Self:
        if any(anchor.level not in (None, i) for i, anchor in enumerate(self.anchors, 1)):
            raise PydanticCustomError("level_order", "Number the levels 1, 2, 3 …, lowest first.")
        return self


class RubricInput(Part):
    """A whole rubric: its criteria in order, all with as many levels, so that they compare."""

    criteria: Annotated[list[CriterionInput], Field(min_length=1, max_length=8)] = Field(
        description="All of them, in order."
    )

    @model_validator(mode="after")
    def check_criteria(self) -> Self:
        _once("The same key", (criterion.key for criterion in self.criteria))
        if len({len(criterion.anchors) for criterion in self.criteria}) > 1:
            raise PydanticCustomError(
                "levels_differ", "Give every criterion the same number of levels."
            )
        return self


class MemberInput(Part):
    """Somebody on the team."""

    user_id: UUID = Field(description="Who it is; an active user.")
    lead: StrictBool = False


def _somebody(members: list[MemberInput]) -> list[MemberInput]:
    if not members:
        raise PydanticCustomError("team_empty", "Name at least one person, who leads the team.")
    return members


class TeamInput(Part):
    """Everybody on the team, at least one of them a lead."""

    members: Annotated[
        list[MemberInput], Field(max_length=MOST_MEMBERS), AfterValidator(_somebody)
    ] = Field(description="Everybody.", json_schema_extra={"minItems": 1})

    @model_validator(mode="after")
    def check_members(self) -> Self:
        _once("The same user", (str(member.user_id) for member in self.members))
        if not any(member.lead for member in self.members):
            raise PydanticCustomError("lead_missing", "Name at least one lead.")
        return self
