"""What may be sent to move a submission, to end it, or to take an end back."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from service.core.words import Line, Text

Note = Annotated[str, Text(5_000, blank=True)]


class Input(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class MoveInput(Input):
    """`to` is a key of one of the job's stages, or how it ends: hired, rejected, withdrawn.

    To reject, `reason` is a key of the job's list of reasons.
    """

    to: Annotated[str, Line(40)] = Field(
        description="Key of one of the job's stages, or `hired`, `rejected`, `withdrawn`."
    )
    reason: Annotated[str, Text(2_000, blank=True)] | None = Field(
        default=None, description="Why; for a rejection the key of one of the job's reasons."
    )
    note: Note | None = None


class ReopenInput(Input):
    """Why an end is taken back."""

    reason: Annotated[str, Text(2_000)]


class WithdrawInput(Input):
    """What a candidate says of it, if anything."""

    reason: Annotated[str, Text(2_000, blank=True)] = ""
