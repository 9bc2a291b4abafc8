"""How often something was done lately, counted in the database for all processes together."""

from datetime import datetime

from sqlmodel import Field

from service.core.db import Row


class RateCount(Row, table=True):
    """Hits of one key in one window. The key is a keyed hash: no address is stored."""

    __tablename__ = "rate_count"

    key: str = Field(max_length=128, unique=True)
    hits: int
    expires_at: datetime = Field(index=True)
