"""File names: as they are shown, and as they travel in a header."""

import re
import unicodedata
from urllib.parse import quote

from service.core.words import NO_CHARACTER, is_blank

LENGTH = 200  # characters, ending included

_RESERVED = re.compile(r'[<>:"|?*]')  # on Windows, where a download may land
_ENDING = re.compile(r"(\.tar)?\.[^.\s]{1,15}\Z", re.IGNORECASE)
# Joiners make up letters and emoji; all other format characters may hide or turn what is read.
_JOINERS = "\u200c\u200d"


def clean_name(raw: str) -> str:
    """A name to show and to download by: no path, nothing invisible, at most 200 characters."""
    last = re.split(r"[/\\]", raw)[-1]
    text = unicodedata.normalize("NFC", "".join(map(_shown, last)))
    text = _RESERVED.sub("_", " ".join(text.split())).strip(" .")
    if is_blank(text):
        return "file"
    tail = ending(text)
    stem = text[: len(text) - len(tail)][: LENGTH - len(tail)].rstrip(" .")
    return (stem or "file") + text[len(text) - len(tail) :]


def ending(name: str) -> str:
    """The last ending in lower case (`.pdf`, `.tar.gz`), "" when there is none."""
    found = _ENDING.search(name)
    return found[0].lower() if found else ""


def content_disposition(name: str) -> str:
    """The header's value for a download by that name (RFC 6266, RFC 8187): pure ASCII."""
    clean = clean_name(name)
    plain = unicodedata.normalize("NFKD", clean).encode("ascii", "ignore").decode()
    plain = re.sub(r"[^A-Za-z0-9 ._()+,=@-]", "_", plain).strip() or "file"
    if plain.startswith("."):
        plain = f"file{plain}"
    value = f'attachment; filename="{plain}"'
    return value if plain == clean else f"{value}; filename*=UTF-8''{quote(clean, safe='')}"


def _shown(character: str) -> str:
    category = unicodedata.category(character)
    if category in ("Zs", "Zl", "Zp") or character in "\t\r\n":
        return " "
    if character in _JOINERS:
        return character
    lost = category in ("Cc", "Cf") or NO_CHARACTER.match(character)
    return "" if lost else character
