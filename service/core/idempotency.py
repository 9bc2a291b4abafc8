"""Answers kept for a day, so that a repeated request has no second effect."""

from sqlmodel import JSON, Field, UniqueConstraint

from service.core.db import Row


class KeptAnswer(Row, table=True):
    """What was answered to one key of one caller on one route. Secrets are never kept."""

    __tablename__ = "kept_answer"
    __table_args__ = (UniqueConstraint("caller", "route", "key"),)

    caller: str = Field(max_length=64)
    route: str = Field(max_length=200)
    key: str = Field(max_length=64)  # SHA-256 of what was sent as Idempotency-Key
    fingerprint: str = Field(max_length=64)  # SHA-256 of the content it came with
    status: int
    headers: dict[str, str] = Field(default_factory=dict, sa_type=JSON)
    body: str | None = Field(default=None)
