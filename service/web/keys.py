"""Keys for what people name in forms: they see the names only."""

import re
from collections.abc import Collection

LONGEST = 40


def key_of(name: str, taken: Collection[str], *, otherwise: str) -> str:
    """`Technical humility` → `technical_humility`, with a number when that is taken."""
    plain = re.sub(r"[^a-z0-9]+", "_", name.lower())
    key = re.sub(r"^[^a-z]+", "", plain)[:LONGEST].strip("_") or otherwise
    number, free = 1, key
    while free in taken:
        number += 1
        free = f"{key[: LONGEST - 4].strip('_')}_{number}"
    return free
