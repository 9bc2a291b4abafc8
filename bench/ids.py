"""Ids and times as rows of both databases hold them."""

from datetime import datetime
from random import Random
from typing import NamedTuple

Value = str | int | float | bool | None
Row = dict[str, Value]


class Id(NamedTuple):
    """A UUIDv7, in the two spellings that are needed."""

    hex: str
    dashed: str


def id_of(hex_id: str) -> Id:
    parts = (hex_id[:8], hex_id[8:12], hex_id[12:16], hex_id[16:20], hex_id[20:])
    return Id(hex_id, "-".join(parts))


def new_id(random: Random, at: datetime) -> Id:
    """Of this moment, with seeded luck."""
    luck = random.getrandbits(74)
    low = 0x8000_0000_0000_0000 | (luck & 0x3FFF_FFFF_FFFF_FFFF)
    high = (int(at.timestamp() * 1000) << 16) | 0x7000 | (luck >> 62)
    return id_of(f"{high:016x}{low:016x}")


def stamp(at: datetime) -> str:
    """UTC, as SQLite keeps it and PostgreSQL reads it."""
    return at.replace(tzinfo=None).isoformat(" ", "microseconds")
