"""Digests of facts: equal for equal content, on every database, and salted where values may go."""

import hashlib
import json
import secrets


def new_salt() -> str:
    """Random text that keeps a digest from telling what was digested."""
    return secrets.token_hex(16)


def detail_digest(salt: str, detail: dict[str, object]) -> str:
    """SHA-256 of the salted detail: stays in the chain when the detail is erased."""
    return _sha256(salt, detail)


def link_hash(before: str, fact: dict[str, object]) -> str:
    """SHA-256 over the hash before and this event's own canonical JSON."""
    return _sha256(before, fact)


def _sha256(head: str, content: dict[str, object]) -> str:
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(f"{head}\n{canonical}".encode()).hexdigest()
