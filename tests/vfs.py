"""How often SQLite itself asks the disk to keep something, counted in its own library.

Every file that it opens meanwhile gets the same methods as before, but that `xSync` is counted.
"""

import _sqlite3
import ctypes
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ctypes import POINTER, c_char_p, c_int, c_void_p
from pathlib import Path
from typing import Any

OPEN = ctypes.CFUNCTYPE(c_int, c_void_p, c_char_p, c_void_p, c_int, c_void_p)
SYNC = ctypes.CFUNCTYPE(c_int, c_void_p, c_int)


class Vfs(ctypes.Structure):
    """As sqlite3.h has it, up to what is wanted here."""

    _fields_ = (
        ("version", c_int),
        ("file_size", c_int),
        ("longest_name", c_int),
        ("next", c_void_p),
        ("name", c_char_p),
        ("data", c_void_p),
        ("open", c_void_p),
    )


class Methods(ctypes.Structure):
    """Of an open file: its version, then pointers, the fifth of which is to `xSync`."""

    _fields_ = (("version", c_int), ("pointers", c_void_p * 18))


SYNC_AT = 4


class File(ctypes.Structure):
    _fields_ = (("methods", POINTER(Methods)),)


@contextmanager
def counted(told: Callable[[str], None]) -> Iterator[None]:
    """Call `told` with a file's name each time SQLite has it synced."""
    library = ctypes.CDLL(getattr(_sqlite3, "__file__", None))  # None: built into the interpreter
    library.sqlite3_vfs_find.restype = POINTER(Vfs)
    vfs = library.sqlite3_vfs_find(None).contents
    before, kept = vfs.open, list[Any]()

    def opened(own: Any, name: bytes | None, file: Any, flags: int, out: Any) -> int:
        result = OPEN(before)(own, name, file, flags, out)
        held = File.from_address(file)
        if result == 0 and name and held.methods:
            held.methods = ctypes.pointer(_counting(held.methods.contents, name, told, kept))
        return int(result)

    ours = OPEN(opened)
    kept.append(ours)
    vfs.open = ctypes.cast(ours, c_void_p).value
    try:
        yield
    finally:
        vfs.open = before
        KEPT.append(kept)  # whatever is still open goes on calling them


KEPT: list[list[Any]] = []


def _counting(
    methods: Methods, name: bytes, told: Callable[[str], None], kept: list[Any]
) -> Methods:
    copy = Methods.from_buffer_copy(methods)
    original = SYNC(methods.pointers[SYNC_AT])

    def sync(file: Any, flags: int) -> int:
        told(Path(name.decode()).name)
        return int(original(file, flags))

    ours = SYNC(sync)
    copy.pointers[SYNC_AT] = ctypes.cast(ours, c_void_p).value
    kept += [copy, ours]
    return copy
