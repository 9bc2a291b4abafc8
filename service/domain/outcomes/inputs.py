"""What may be said about how a hire turned out."""

from datetime import date, timedelta
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from service.core.clock import utc_now
from service.core.moments import Day
from service.core.words import Text


def _not_to_come(day: date) -> date:
    # It may be tomorrow already where the hire works.
    if day > utc_now().date() + timedelta(days=1):
        raise PydanticCustomError("day_to_come", "Enter a day that has come.")
    return day


class OutcomeInput(BaseModel):
    """`at` is the day it was judged, usually twelve months after the start."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    at: Annotated[Day, AfterValidator(_not_to_come)]
    succeeded: bool
    note: Annotated[str, Text(5_000, blank=True)] = ""
    hire: Annotated[UUID, Field(strict=False)] | None = Field(
        default=None,
        description="Id of the hire that it is about, as the move told it; when another one "
        "stands by now, nothing is written.",
    )
