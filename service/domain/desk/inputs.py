"""What staff may ask of many submissions: filters, sorts, what to take away, whom to reject."""

import re
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from service.core.moments import Moment
from service.core.search import MOST_TERMS, terms_of
from service.core.words import Line, Text
from service.domain.submissions.tables import Decision, EvidenceKind

MOST_NAMED = 5  # of what is wrong in one text
MOST_AT_ONCE = 100  # all in one transaction, so that nobody waits long for it


class Sort(StrEnum):
    """`-` turns it round. Without a score, or with a sealed one, a submission comes last."""

    SUBMITTED = "submitted"
    SUBMITTED_DOWN = "-submitted"
    NAME = "name"
    NAME_DOWN = "-name"
    UPDATED = "updated"
    UPDATED_DOWN = "-updated"
    SCORE = "score"
    SCORE_DOWN = "-score"


def _user(value: object) -> object:
    if value == "me" or isinstance(value, UUID):
        return value
    try:
        return UUID(value) if isinstance(value, str) else value
    except ValueError:
        raise PydanticCustomError("user_invalid", "Enter a user's id, or me.") from None


def _few_terms(q: str) -> str:
    if len(terms_of(q)) > MOST_TERMS:
        raise PydanticCustomError(
            "search_too_long", "Search for at most {most} words.", {"most": MOST_TERMS}
        )
    return q


UserOrMe = Annotated[
    UUID | Literal["me"],
    BeforeValidator(_user),
    WithJsonSchema({"anyOf": [{"type": "string", "format": "uuid"}, {"const": "me"}]}),
]


# One list of choices, so that one sentence says what may be chosen.
DecisionOrNone = Literal[Decision.HIRED, Decision.REJECTED, Decision.WITHDRAWN, "none"]


class SubmissionFilter(BaseModel):
    """Which submissions; all that is said must hold. `q`: words, all found in it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    job: Annotated[str, Line(80)] | None = Field(default=None, description="Slug of the job.")
    stage: Annotated[str, Line(40)] | None = Field(default=None, description="Key of a stage.")
    decision: DecisionOrNone | None = Field(
        default=None, description="How it ended; `none`: not yet."
    )
    q: Annotated[str, Line(500, blank=True), AfterValidator(_few_terms)] | None = Field(
        default=None, description="Words and “phrases”: all are found in it; see docs/search.md."
    )
    evidence_kind: EvidenceKind | None = Field(
        default=None, description="One piece of evidence at least is of this kind."
    )
    assigned_to: UserOrMe | None = Field(
        default=None, description="Id of a reviewer who was asked, or `me`."
    )
    min_score: Annotated[float, Field(allow_inf_nan=False)] | None = Field(
        default=None, description="Only with this score or more; sealed ones never are."
    )
    submitted_since: Moment | None = Field(
        default=None, description="Only what came in then or later."
    )
    sort: Sort = Field(default=Sort.SUBMITTED_DOWN, description="The order; `-` turns it round.")


class ExportFilter(SubmissionFilter):
    """Which submissions to take away, and how: `columns` in the order wanted, `for` Excel with a
    byte order mark, `raw` without the rule against formulas (see docs/exports.md).
    """

    model_config = ConfigDict(extra="forbid", frozen=True, validate_by_name=True)

    updated_since: Moment | None = Field(
        default=None, description="Only what changed then or later."
    )
    columns: Annotated[str, Line(8_000), Field(description="Names with commas between them.")] | (
        None
    ) = None
    reader: Literal["excel"] | None = Field(default=None, alias="for")
    raw: Literal["true", "false"] = Field(
        default="false", description="`true`: CSV without the rule against formulas."
    )


PLACEHOLDERS = ("{name}", "{job}")
_LIKE_ONE = re.compile(r"(?<!\{)\{++[^{}\n]{0,80}\}++")


def _known_placeholders(text: str) -> str:
    """What looks like a placeholder and is none would go out as it was typed."""
    unknown = [found for found in _LIKE_ONE.findall(text) if found not in PLACEHOLDERS]
    if unknown:
        named = ", ".join(f"“{one}”" for one in list(dict.fromkeys(unknown))[:MOST_NAMED])
        said = f"There is no placeholder {named}. There are {' and '.join(PLACEHOLDERS)}."
        raise PydanticCustomError("placeholder_unknown", "{said}", {"said": said})
    return text


class RejectInput(BaseModel):
    """Whom to reject together, each in the version that was looked at, and what to write.

    In subject and text, {name} and {job} stand for the candidate's name and the job's title.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    submissions: Annotated[
        list[tuple[UUID, int]], Field(min_length=1, max_length=MOST_AT_ONCE, strict=False)
    ]
    reason: Annotated[str, Text(2_000)]
    note: Annotated[str, Text(5_000, blank=True)] = ""
    subject: Annotated[str, Line(200), AfterValidator(_known_placeholders)]
    text: Annotated[str, Text(20_000), AfterValidator(_known_placeholders)]
