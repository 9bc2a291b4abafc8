"""What may be said about assignments and scorecards; every door fills these."""

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    StrictBool,
    StrictInt,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from service.core.moments import Day
from service.core.words import Line, Text
from service.domain.reviews.tables import (
    AssignmentState,
    Confidence,
    ConflictKind,
    ConflictState,
    Recommendation,
)

LONGEST_CITE = 80


def _null_is_blank(value: object) -> object:
    return "" if value is None else value


def _cite(value: object) -> str | int:
    if type(value) is int or (isinstance(value, str) and len(value) <= LONGEST_CITE):
        return value
    raise PydanticCustomError(
        "cite_invalid", "Cite a number or id of evidence, statement, or answer:<key>."
    )


Comment = Annotated[str, BeforeValidator(_null_is_blank), Text(5_000, blank=True)]
Place = Annotated[str, BeforeValidator(_null_is_blank), Line(200, blank=True)]
Cite = Annotated[
    str | int,
    PlainValidator(_cite),
    WithJsonSchema({"type": ["string", "integer"], "maxLength": LONGEST_CITE}),
]


class Input(BaseModel):
    """Numbers and text are taken as they are, never converted."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class AssignmentInput(Input):
    """Who is to review, and by when."""

    reviewer: UUID = Field(description="Id of an active user with the role `reviewer`.")
    due: Day | None = None


class AssignmentChange(Input):
    """One of three: the reviewer's answer (`state`), another reviewer, or another date."""

    state: Literal[AssignmentState.DECLINED, AssignmentState.ABSTAINED] | None = Field(
        default=None, description="What the reviewer answers."
    )
    reviewer: UUID | None = Field(default=None, description="Id of who takes the place.")
    due: Day | None = None
    reason: Annotated[str, BeforeValidator(_null_is_blank), Text(2_000, blank=True)] = Field(
        default="", description="Why."
    )

    @model_validator(mode="after")
    def _one_thing(self) -> Self:
        dated = "due" in self.model_fields_set
        kinds = [self.state is not None, self.reviewer is not None or dated]
        if kinds.count(True) != 1:
            raise PydanticCustomError(
                "change_unclear", "Send a state, or another reviewer, or another due date."
            )
        return self


class ConflictInput(Input):
    """A conflict of interest: one's own, or that of somebody else, whom one suspects of it."""

    user: UUID | None = Field(
        default=None, description="Id of an active user; without it, oneself."
    )
    kind: ConflictKind = Field(default=ConflictKind.OTHER, description="What it rests on.")
    words: Annotated[str, Text(2_000)] = Field(description="Why, in a sentence.")


class ConflictChange(Input):
    """What somebody uninvolved finds."""

    state: Literal[ConflictState.CONFIRMED, ConflictState.DISMISSED] = Field(
        description="Whether it is one."
    )
    reason: Annotated[str, Text(2_000)]


class RatingInput(Input):
    """A level of one criterion, or null: not shown. Without `level` it is not rated yet.

    Nor is it with `rated` false, as a form says it of a criterion that has no level yet.
    """

    criterion: Annotated[str, Line(40)]
    level: StrictInt | None = None
    cites: Annotated[list[Cite], Field(max_length=100)] = []
    quote: Annotated[str, BeforeValidator(_null_is_blank), Text(2_000, blank=True)] = ""
    place: Place = ""
    comment: Comment = ""
    rated: StrictBool | None = Field(
        default=None, description="False: not rated yet, and `level` null says nothing."
    )

    @model_validator(mode="after")
    def _one_answer(self) -> Self:
        if self.rated is False and self.level is not None:
            raise PydanticCustomError("rating_unclear", "Send a level, or that it is not rated.")
        return self

    @property
    def is_rated(self) -> bool:
        return "level" in self.model_fields_set if self.rated is None else self.rated


class Judgement(Input):
    """What is said of a submission, be it at first or later."""

    revision: Annotated[StrictInt, Field(ge=1, le=1_000_000)] | None = Field(
        default=None, description="Number of the revision that is judged; without it, the newest."
    )
    recommendation: Recommendation | None = None
    confidence: Confidence | None = None
    forecast: Annotated[StrictInt, Field(ge=0, le=100)] | None = None
    comment: Annotated[str, BeforeValidator(_null_is_blank), Text(20_000, blank=True)] = ""
    counter_argument: Annotated[str, BeforeValidator(_null_is_blank), Text(10_000, blank=True)] = ""
    recruiter_comment: Annotated[str, BeforeValidator(_null_is_blank), Text(10_000, blank=True)] = (
        ""
    )
    ratings: Annotated[list[RatingInput], Field(max_length=100)] = Field(
        default=[], description="The criteria one has something to say on."
    )


class ScorecardInput(Judgement):
    """A draft: what is missing may come later, what is there must be right."""

    rubric: Annotated[StrictInt, Field(ge=1, le=1_000_000)] | None = Field(
        default=None,
        description="Number of the rubric that the levels were chosen from, as the form tells it; "
        "when there is a newer one by now, nothing is saved. Must be there once the job's rubric "
        "was changed.",
    )


class AmendmentInput(Judgement):
    """All that one says now, complete as for a lock, by the rubric of the lock; and why.

    Without `revision` it judges the one that was judged last.
    """

    reason: Annotated[str, Text(2_000)]


class DiscussionInput(Input):
    """What a champion argues, and what those who decide answer to it."""

    argument: Annotated[str, Text(5_000)] = Field(
        description="The champion's argument, so that the champion would sign it."
    )
    answer: Annotated[str, Text(5_000)] = Field(
        description="What came of it, once it was talked over."
    )


class UnsealInput(Input):
    """Why somebody must look before all have judged."""

    reason: Annotated[str, Text(2_000)]
