"""What may be sent about submissions and drafts. Every door fills these; pydantic checks them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    Strict,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError, ValidationError

from service.core.words import EmailAddress, HttpUrl, Line, MonthDate, Text
from service.domain.submissions.tables import EvidenceKind

MOST_EVIDENCE = 20
MOST_LINKS = 10
MOST_VOUCHERS = 5
MOST_ANSWERS = 100
MOST_FILES = 100  # the door's own limit is a setting, and lower
SILENT = "Say what you did: a title or a claim."

OptionalText = Annotated[str, Text(10_000, blank=True)]


@dataclass(frozen=True)
class StoredFile:
    """A file whose bytes are safe in the blob store, on its way into a row.

    `place` is what the content mentions it by; when empty, its name.
    """

    name: str
    media_type: str
    size: int
    sha256: str
    place: str = ""

    @property
    def reference(self) -> str:
        return self.place or self.name


class Input(BaseModel):
    """Nothing unknown, nothing converted; `null` is the same as not sent."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, data: object) -> object:
        if isinstance(data, Mapping):
            return {name: value for name, value in data.items() if value is not None}
        return data


class Voucher(Input):
    """A person who could vouch; never contacted without asking the candidate first."""

    name: Annotated[str, Line(200)] = Field(description="Who it is.")
    contact: Annotated[str, Line(300, blank=True)] = ""


class EvidenceInput(Input):
    """One exhibit. `files` holds the names of uploaded files that belong to it."""

    kind: Annotated[EvidenceKind, Strict(strict=False)] = EvidenceKind.OTHER
    title: Annotated[str, Line(300, blank=True)] = ""
    claim: OptionalText = ""
    contribution: OptionalText = ""
    link: HttpUrl | None = None
    started: MonthDate | None = None
    ended: MonthDate | None = None
    files: Annotated[list[Annotated[str, Line(255)]], Field(max_length=MOST_FILES)] = Field(
        default=[], description="Names of the uploaded files that belong to it."
    )
    cannot_show: Annotated[str, Text(5_000, blank=True)] = ""
    vouchers: Annotated[list[Voucher], Field(max_length=MOST_VOUCHERS)] = []

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.started and self.ended:
            length = min(len(self.started), len(self.ended))
            if self.ended[:length] < self.started[:length]:
                raise _fault("ended", "period_ends_first", "Let the end come after the start.")
        return self

    @model_validator(mode="after")
    def _files_once(self) -> Self:
        if len(set(self.files)) != len(self.files):
            raise _fault("files", "file_twice", "Name each file once.")
        return self

    @property
    def says_something(self) -> bool:
        return bool(self.title or self.claim)


def _agreed(value: bool) -> bool:
    if not value:
        raise PydanticCustomError(
            "consent_missing", "Agree to this, so that we may read what you send."
        )
    return value


class SubmissionInput(Input):
    """What a candidate sends for one job. Answers are checked against the job's questions later."""

    name: Annotated[str, Line(200)]
    email: EmailAddress
    consent: Annotated[
        bool, Strict(), AfterValidator(_agreed), WithJsonSchema({"type": "boolean", "const": True})
    ] = Field(description="Must be `true`: that we may read what is sent, and decide by it.")
    evidence: Annotated[list[EvidenceInput], Field(min_length=1, max_length=MOST_EVIDENCE)] = Field(
        description="At least one with a title or a claim."
    )
    location: Annotated[str, Line(200, blank=True)] = Field(
        default="", description="Where the person lives."
    )
    links: Annotated[list[HttpUrl], Field(max_length=MOST_LINKS)] = []
    statement: Annotated[str, Text(20_000, blank=True)] = ""
    answers: Annotated[
        dict[Annotated[str, Line(40)], object],
        Field(
            max_length=MOST_ANSWERS,
            description="By question key: text; a list of texts for several choices; a number; "
            "true or false; for a file question the name of an uploaded file.",
        ),
    ] = {}

    @model_validator(mode="after")
    def _shows_something(self) -> Self:
        if not any(piece.says_something for piece in self.evidence):
            raise _fault("evidence", "evidence_silent", SILENT, 0, "claim")
        return self


class AdditionInput(Input):
    """What a candidate adds from the status page: everything sent before stays."""

    evidence: Annotated[list[EvidenceInput], Field(max_length=MOST_EVIDENCE)] = []
    statement: Annotated[str, Text(20_000, blank=True)] = ""

    @model_validator(mode="after")
    def _adds_something(self) -> Self:
        for number, piece in enumerate(self.evidence):
            if not piece.says_something:
                raise _fault("evidence", "evidence_silent", SILENT, number, "claim")
        if not self.evidence and not self.statement:
            raise PydanticCustomError("nothing_added", "Add something first.")
        return self


class ConfirmInput(Input):
    """Why staff take an unconfirmed revision as the person's own."""

    reason: Annotated[str, Text(2_000)]


def _fault(field: str, code: str, message: str, *place: str | int) -> Exception:
    """An error of the whole that is shown at one of its fields."""
    error = InitErrorDetails(
        type=PydanticCustomError(code, "{said}", {"said": message}),
        loc=(field, *place),
        input=None,
    )
    return ValidationError.from_exception_data("Input", [error])
