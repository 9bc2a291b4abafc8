"""Passwords, tokens, signed links and keyed hashes."""

import hashlib
import hmac
import os
import secrets
import unicodedata
from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from pathlib import Path
from threading import BoundedSemaphore, Lock

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from argon2.profiles import RFC_9106_LOW_MEMORY
from itsdangerous import BadData, URLSafeTimedSerializer

from service.core.durable import sync
from service.core.errors import Invalid, TooMany

AT_ONCE = 4  # each takes 64 MiB
WAITING = 32
PASSWORD_LENGTH = 1000  # characters; longer ones are never right

_hasher = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)


class LinkInvalid(Invalid):
    code = "link_invalid"
    message = "This link is not valid, or no longer. Ask for a new one."


class KeyUnusable(Exception):
    """The key file is there and cannot be meant; said to the operator at the start."""


class WaitingLine:
    """Lets `at_once` through and `waiting` more stand in line; raises TooMany for the rest."""

    def __init__(self, at_once: int, waiting: int) -> None:
        self._room = at_once + waiting
        self._inside = 0
        self._count = Lock()
        self._gate = BoundedSemaphore(at_once)

    @contextmanager
    def turn(self) -> Generator[None]:
        with self._count:
            if self._inside >= self._room:
                raise TooMany(seconds=5)
            self._inside += 1
        try:
            with self._gate:
                yield
        finally:
            with self._count:
                self._inside -= 1


_line = WaitingLine(AT_ONCE, WAITING)


def hash_password(password: str) -> str:
    """Argon2id as RFC 9106 §4 recommends for 64 MiB. Raises TooMany when many are waiting."""
    with _line.turn():
        return _hasher.hash(_bytes(password))


def verify_password(hashed: str | None, password: str) -> bool:
    """Whether it is right. None (nobody has that name) takes the same time and is False.

    Raises TooMany when many are waiting.
    """
    with _line.turn():
        try:
            _hasher.verify(hashed or _nobodys_hash(), _bytes(password))
        except (Argon2Error, InvalidHashError):
            return False
        return hashed is not None and len(password) <= PASSWORD_LENGTH


def is_outdated(hashed: str) -> bool:
    """Whether the password should be hashed again, now that it is known."""
    return _hasher.check_needs_rehash(hashed)


def new_token(prefix: str) -> str:
    """256 random bits behind `prefix` (`exh_`), safe in a URL; shown once, kept as `digest`."""
    return prefix + secrets.token_urlsafe(32)


def digest(token: str) -> str:
    """SHA-256 in hex. Enough for random tokens, and looked up without comparing them."""
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()


def keyed_hash(key: str, text: str) -> str:
    """HMAC-SHA-256 in hex: says that two texts are the same, to nobody without the key."""
    return hmac.new(_derived(key, "keyed hash"), text.encode(), hashlib.sha256).hexdigest()


def sign(key: str, purpose: str, payload: object) -> str:
    """`payload` (JSON) as text for a link; anyone can read it, nobody can change it."""
    return str(_signer(key, purpose).dumps(payload))


def unsign(key: str, purpose: str, token: str, max_age: timedelta) -> object:
    """What `sign` was given for the same purpose. Raises LinkInvalid, also when it is too old."""
    try:
        payload: object = _signer(key, purpose).loads(token, max_age=int(max_age.total_seconds()))
    except (BadData, UnicodeError) as error:
        raise LinkInvalid from error
    return payload


def load_or_create_key(path: Path) -> str:
    """The secret key in the file at `path`, which is made on the first call, readable by us only.

    Processes that start at once all get the same key. Raises KeyUnusable, OSError.
    """
    if not path.exists():
        _create_key(path)
    key = path.read_text(encoding="ascii", errors="replace").strip()
    if len(key) < 32:  # noqa: PLR2004 - what a person may have put there by hand
        raise KeyUnusable(f"{path} holds no key of 32 characters or more. Restore or remove it.")
    return key


def _create_key(path: Path) -> None:
    """Whole or not at all: written aside, then linked, which fails if another was faster."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    aside.touch(mode=0o600, exist_ok=False)
    try:
        with aside.open("w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(48) + "\n")
            file.flush()
            os.fsync(file.fileno())
        path.hardlink_to(aside)
    except FileExistsError:
        pass
    finally:
        aside.unlink()
    sync(path.parent)


def _signer(key: str, purpose: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(
        _derived(key, "links"), salt=purpose, signer_kwargs={"digest_method": hashlib.sha256}
    )


def _derived(key: str, use: str) -> bytes:
    """One key for one use, so that a hash never serves as a signature."""
    return hmac.new(key.encode(), use.encode(), hashlib.sha256).digest()


@cache
def _nobodys_hash() -> str:
    return _hasher.hash(secrets.token_bytes(16))


def _bytes(password: str) -> bytes:
    """The same password from every keyboard: NFKC, as NIST SP 800-63B §3.1.1.2 advises."""
    cut = password[: PASSWORD_LENGTH + 1]
    return unicodedata.normalize("NFKC", cut).encode(errors="surrogatepass")
