"""Passwords, tokens, signed links and keyed hashes."""

import subprocess
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path
from statistics import median

import pytest
from argon2 import PasswordHasher, extract_parameters

from service.core.errors import TooMany
from service.core.secrets import (
    KeyUnusable,
    LinkInvalid,
    WaitingLine,
    digest,
    hash_password,
    is_outdated,
    keyed_hash,
    load_or_create_key,
    new_token,
    sign,
    unsign,
    verify_password,
)

DAY = timedelta(days=1)
KEY = "k" * 64


def test_a_password_is_hashed_with_argon2id_and_verified() -> None:
    hashed = hash_password("correct horse")

    found = extract_parameters(hashed)
    assert (found.type.name, found.memory_cost, found.time_cost) == ("ID", 64 * 1024, 3)
    assert verify_password(hashed, "correct horse")
    assert not verify_password(hashed, "Correct horse")
    assert not is_outdated(hashed)
    assert is_outdated(PasswordHasher(time_cost=1, memory_cost=64).hash("x"))


def test_the_same_password_from_another_keyboard_is_right() -> None:
    assert verify_password(hash_password("Caf\u00e9 \ufb01"), "Cafe\u0301 fi")


@pytest.mark.parametrize("hashed", [None, "", "garbage", "$argon2id$v=19$m=1$x"])
def test_no_usable_hash_is_never_right(hashed: str | None) -> None:
    assert not verify_password(hashed, "")
    assert not verify_password(hashed, "\ud800")


def test_a_longer_password_is_not_cut_to_fit() -> None:
    hashed = hash_password("x" * 1001)

    assert not verify_password(hashed, "x" * 1001)
    assert not verify_password(hashed, "x" * 1002)


def test_every_character_of_a_long_password_counts() -> None:
    hashed = hash_password("é" * 199 + "a")  # beyond 72 bytes, where other hashes stop reading

    assert verify_password(hashed, "é" * 199 + "a")
    assert not verify_password(hashed, "é" * 199 + "b")


def test_an_unknown_name_takes_the_time_of_a_known_one() -> None:
    hashed = hash_password("right")
    verify_password(None, "warm")

    def seconds(stored: str | None) -> float:
        began = time.perf_counter()
        verify_password(stored, "wrong")
        return time.perf_counter() - began

    known, unknown = [], []
    for _turn in range(9):
        known.append(seconds(hashed))
        unknown.append(seconds(None))

    assert 0.5 < median(unknown) / median(known) < 2


def test_more_than_may_wait_are_refused_and_the_others_get_their_turn() -> None:
    line = WaitingLine(at_once=2, waiting=3)
    inside, most, refused = 0, 0, 0
    count, go, full = threading.Lock(), threading.Event(), threading.Event()

    def visit() -> None:
        nonlocal inside, most, refused
        try:
            with line.turn():
                with count:
                    inside += 1
                    most = max(most, inside)
                go.wait(10)
                with count:
                    inside -= 1
        except TooMany:
            with count:
                refused += 1
                if refused == 7:
                    full.set()

    threads = [threading.Thread(target=visit) for _ in range(12)]
    for thread in threads:
        thread.start()
    assert full.wait(10)
    go.set()
    for thread in threads:
        thread.join()

    assert (most, refused) == (2, 7)
    with line.turn():
        assert True


def test_tokens_are_long_random_and_kept_as_digests() -> None:
    tokens = {new_token("exh_") for _ in range(100)}

    assert len(tokens) == 100
    assert {(token[:4], len(token)) for token in tokens} == {("exh_", 47)}
    assert digest("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert len(digest("\ud800")) == 64


def test_a_signed_link_is_bound_to_its_purpose_its_key_and_its_age() -> None:
    token = sign(KEY, "status", {"id": "1"})

    assert unsign(KEY, "status", token, DAY) == {"id": "1"}
    for key, purpose, sent, age in [
        (KEY, "withdraw", token, DAY),
        ("j" * 64, "status", token, DAY),
        (KEY, "status", token[:-1], DAY),
        (KEY, "status", "x" + token, DAY),
        (KEY, "status", token, timedelta(seconds=-1)),
        (KEY, "status", "", DAY),
        (KEY, "status", "é.\ud800.\x00", DAY),
    ]:
        with pytest.raises(LinkInvalid):
            unsign(key, purpose, sent, age)


def test_a_keyed_hash_depends_on_key_and_text() -> None:
    assert keyed_hash(KEY, "a") == keyed_hash(KEY, "a")
    assert len({keyed_hash(KEY, "a"), keyed_hash(KEY, "b"), keyed_hash("j" * 64, "a")}) == 3


def test_the_key_is_made_once_for_us_only(tmp_path: Path) -> None:
    path = tmp_path / "var" / "key"
    first = load_or_create_key(path)

    assert load_or_create_key(path) == first
    assert len(first) == 64
    assert path.stat().st_mode & 0o777 == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["key"]


def test_processes_that_start_at_once_get_the_same_key(tmp_path: Path) -> None:
    code = (
        "import sys, pathlib; from service.core.secrets import load_or_create_key\n"
        "sys.stdin.read(); print(load_or_create_key(pathlib.Path(sys.argv[1])))"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "key")]
    pipe = subprocess.PIPE
    started = [subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) for _ in range(6)]
    for process in started:
        assert process.stdin is not None
        process.stdin.close()
        process.stdin = None

    keys = {process.communicate()[0] for process in started}

    assert keys == {(tmp_path / "key").read_text()}


@pytest.mark.parametrize("found", ["", "short", "\n"])
def test_a_key_that_cannot_be_meant_is_said(tmp_path: Path, found: str) -> None:
    (tmp_path / "key").write_text(found)

    with pytest.raises(KeyUnusable, match="key"):
        load_or_create_key(tmp_path / "key")
