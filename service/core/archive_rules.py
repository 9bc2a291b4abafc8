"""What holds for every archive: bounded, and whoever unpacks it gets nothing outside its folder."""

import re
import unicodedata
from collections import deque

MIB = 1024 * 1024
ENTRIES, UNPACKED = 20_000, 512 * MIB
RATIO = 200  # unpacked to packed, over the whole archive
NAME = 1024  # bytes of a name, or of what a link names
DEPTH = 100  # folders in folders

# Split, so that this file is not taken for the thing itself.
VIRUS_TEST = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + rb"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
VIRUS_FILE = 2 * len(VIRUS_TEST)  # a file that begins with it and is no longer is one

_STEPS = 10 * ENTRIES  # that following all links may take
# As it would be read on any system: / and \, and drives.
_ABSOLUTE = re.compile(r"[/\\]|[A-Za-z]:")
_LEADS_OUT = re.compile(r"(?:\A|[/\\])\.\.(?:[/\\]|\Z)|\0")


class NotAnArchive(Exception):
    """Why it is refused: the words go on after "it"."""


def too_many(entries: int) -> NotAnArchive:
    return NotAnArchive(f"holds more than {entries:,} files")


def too_large(unpacked: int) -> NotAnArchive:
    return NotAnArchive(f"unpacks to more than {unpacked // MIB:,} MiB")


def too_dense() -> NotAnArchive:
    return NotAnArchive(f"unpacks to more than {RATIO} times its size")


def check_virus_test(begin: bytes, size: int) -> None:
    if size <= VIRUS_FILE and begin.startswith(VIRUS_TEST):
        raise NotAnArchive("holds the test file of virus scanners")


def check_name(name: str) -> None:
    if len(name.encode("utf-8", "surrogateescape")) > NAME or len(_parts(name)) > DEPTH:
        raise NotAnArchive("holds names that are too long")
    if _ABSOLUTE.match(name) or _LEADS_OUT.search(name):
        raise NotAnArchive("holds a file that would land outside its folder")


class Names:
    """The names in an archive: of files and folders, and of links with what these name.

    Links may lead anywhere inside. Nothing else goes through one, and a link's name is its own, so
    that it does not matter in which order, by which program and on which system they are unpacked.
    """

    def __init__(self) -> None:
        self._seen: set[str] = set()
        self._links: dict[str, tuple[str, str]] = {}

    def add(self, name: str, *, link: str | None = None) -> None:
        """Raises NotAnArchive."""
        check_name(name)
        key = _key(name)
        if key in self._links or (link is not None and key in self._seen):
            raise NotAnArchive("holds two files of the same name")
        self._seen.add(key)
        if link is not None:
            self._add_link(key, name, link)

    def add_hard_link(self, name: str, target: str) -> None:
        """A second name of a file that came before. Raises NotAnArchive."""
        check_name(target)
        key = _key(target)
        if key not in self._seen or key in self._links:
            raise NotAnArchive("holds a link to a file that is not in it")
        self.add(name)

    def check_links(self) -> None:
        """Once all names are known. Raises NotAnArchive."""
        if not self._links:
            return
        for name in self._seen:
            if any(name[:end] in self._links for end, sign in enumerate(name) if sign == "/"):
                raise NotAnArchive("holds a file whose name goes through a link")
        steps = 0
        for name, target in self._links.values():
            steps = self._follow(_parts(name)[:-1], target, steps)

    def _add_link(self, key: str, name: str, target: str) -> None:
        if _ABSOLUTE.match(target):
            raise NotAnArchive("holds a link that leads outside its folder")
        if not key or not target or len(target) > NAME or "\\" in name + target or "\0" in target:
            raise NotAnArchive("holds a link that cannot be followed")
        self._links[key] = (name, target)

    def _follow(self, place: list[str], target: str, steps: int) -> int:
        """As a system does it: a `..` after a link goes up from where the link led."""
        ahead = deque(_parts(target))
        while ahead:
            steps += 1
            if steps > _STEPS:
                raise NotAnArchive("holds links that cannot be followed to their end")
            if (part := ahead.popleft()) != "..":
                place.append(part)
                if found := self._links.get(_key("/".join(place))):
                    place.pop()
                    ahead.extendleft(reversed(_parts(found[1])))
            elif place:
                place.pop()
            else:
                raise NotAnArchive("holds a link that leads outside its folder")
        return steps


def _parts(name: str) -> list[str]:
    return [part for part in name.split("/") if part not in ("", ".")]


def _key(name: str) -> str:
    """Equal for names that some system takes for the same."""
    return unicodedata.normalize("NFC", "/".join(_parts(name.replace("\\", "/")))).casefold()
