"""Which versions of a thing a change was made for: If-Match and If-None-Match, understood."""

import re
from dataclasses import dataclass

from service.core.errors import Malformed, Stale

VERSION = re.compile(r"[1-9][0-9]{0,17}")
ETAG = re.compile(r'(W/)?"([\x21\x23-\x7e]*)"')


@dataclass(frozen=True)
class Expected:
    """The versions a caller is prepared to change; `anything` is `If-Match: *`."""

    versions: frozenset[int] = frozenset()
    anything: bool = False

    def check(self, version: int) -> None:
        """Raises Stale when `version` is none of these."""
        if not self.anything and version not in self.versions:
            raise Stale


def etag_of(version: int) -> str:
    """The strong entity tag of a version."""
    return f'"{version}"'


def parse_if_match(header: str) -> Expected:
    """Read the header by RFC 9110 §13.1.1; weak tags never match. Raises Malformed."""
    text = header.strip()
    if text == "*":
        return Expected(anything=True)
    tags = [ETAG.fullmatch(part.strip()) for part in text.split(",")]
    if not text or None in tags:
        raise Malformed
    strong = (tag[2] for tag in tags if tag and not tag[1])
    return Expected(frozenset(int(tag) for tag in strong if VERSION.fullmatch(tag)))
