"""The headers of a multipart body and of its parts, read strictly: one meaning or none."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NoReturn
from urllib.parse import unquote_to_bytes

from service.core.errors import Invalid, Malformed

NAME_LENGTH = 200
FILE_NAME_LENGTH = 1_000  # before it is cleaned
_PARAMETER = re.compile(
    r""";[ \t]*(?P<name>[!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]*=[ \t]*"""
    r"""(?:"(?P<quoted>(?:\\["\\]|[^"])*+)"|(?P<token>[^\s";]*+))[ \t]*"""
)
_BOUNDARY = re.compile(r"[0-9A-Za-z'()+_,./:=? -]{0,199}[0-9A-Za-z'()+_,./:=?-]")
_UTF8_NAME = "utf-8''"
_PLAIN = {"7bit", "8bit", "binary"}


class FormMalformed(Malformed):
    code = "malformed_form"
    message = "The form could not be read: {reason}."


class FormNotUtf8(Invalid):
    code = "form_not_utf8"
    message = "The form holds text that is not UTF-8."


def refuse_form(reason: str) -> NoReturn:
    raise FormMalformed(reason=reason)


@dataclass(frozen=True)
class PartHead:
    """What a part says of itself; `file_name` None: it is a field."""

    name: str
    file_name: str | None = None


def boundary_of(content_type: str) -> bytes:
    """The boundary in the header Content-Type. Raises FormMalformed."""
    boundary = _parameters(content_type).get("boundary", "")
    if not _BOUNDARY.fullmatch(boundary):
        refuse_form("its Content-Type names no proper boundary")
    return boundary.encode("ascii")


def read_head(headers: list[tuple[bytes, bytes]]) -> PartHead:
    """Raises FormMalformed, FormNotUtf8."""
    found = {name.lower(): value for name, value in headers}
    if len(found) != len(headers):
        refuse_form("a part has a header twice")
    encoding = found.get(b"content-transfer-encoding", b"binary").decode("latin-1")
    if encoding.strip().lower() not in _PLAIN:
        refuse_form("a part is encoded; send it as it is")
    disposition = utf8(found.get(b"content-disposition", b""))
    kind = disposition.partition(";")[0].strip().lower()
    parameters = _parameters(disposition)
    name = parameters.get("name")
    if kind != "form-data" or name is None:
        refuse_form("a part does not say which field it is")
    file_name = _file_name(parameters)
    if len(name) > NAME_LENGTH or len(file_name or "") > FILE_NAME_LENGTH:
        refuse_form("the name of a field or file is too long")
    return PartHead(name, file_name)


def utf8(raw: bytes | bytearray) -> str:
    """Never Latin-1: text that is not UTF-8 is refused with FormNotUtf8."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        raise FormNotUtf8 from None


def _parameters(header: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in _each_parameter(header):
        if name in found:
            refuse_form("a header says the same thing twice")
        found[name] = value
    return found


def _each_parameter(header: str) -> Iterator[tuple[str, str]]:
    at = header.find(";")
    while 0 <= at < len(header):
        match = _PARAMETER.match(header, at)
        if not match:
            if not header[at:].strip("; \t"):
                return
            refuse_form("a header cannot be read")
        quoted = match["quoted"]
        value = match["token"] if quoted is None else re.sub(r'\\(["\\])', r"\1", quoted)
        yield match["name"].lower(), value
        at = match.end()


def _file_name(parameters: dict[str, str]) -> str | None:
    """`filename`, or RFC 5987's `filename*`, or both when they say the same."""
    plain, extended = parameters.get("filename"), parameters.get("filename*")
    if plain is not None:
        plain = plain.replace("%22", '"')  # how browsers write a quotation mark
    if extended is None:
        return plain
    if not extended.lower().startswith(_UTF8_NAME):
        refuse_form("a file name is neither plain nor UTF-8''…")
    name = utf8(unquote_to_bytes(extended[len(_UTF8_NAME) :]))
    if plain is not None and plain != name:
        refuse_form("a file has two different names")
    return name
