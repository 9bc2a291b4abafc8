"""Reads a form's body before any transaction begins, with memory that does not grow with files."""

import hashlib
import json
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import Depends, Request
from starlette.requests import ClientDisconnect

from service.core import idempotency
from service.core.errors import Unsupported
from service.doors.multipart import (
    TextTooLarge,
    TooManyFields,
    Upload,
    in_words,
    read_multipart,
)
from service.doors.part_headers import FormNotUtf8, refuse_form, utf8
from service.doors.tools import tools_of
from service.settings import Limits

KEY_FIELD = "idempotency_key"
ESCAPED = 8  # how much longer percent-encoding may make the same text


@dataclass(frozen=True)
class Form:
    """Fields in the order they came, and uploaded files. `close` removes the files' bytes."""

    fields: list[tuple[str, str]] = field(default_factory=list)
    uploads: list[Upload] = field(default_factory=list)

    def get(self, name: str, default: str = "") -> str:
        """The first value of a field."""
        return next((value for key, value in self.fields if key == name), default)

    def get_all(self, name: str) -> list[str]:
        return [value for key, value in self.fields if key == name]

    def __contains__(self, name: str) -> bool:
        return any(key == name for key, _value in self.fields)

    def close(self) -> None:
        for upload in self.uploads:
            upload.file.close()


async def read_form(request: Request, limits: Limits, *, lenient: bool = False) -> Form:
    """The form in a request's body; its content is noted for the Idempotency-Key.

    A `lenient` reader keeps a form of which a file is too much; that upload then says so.

    Raises FormMalformed, FormNotUtf8, TooLarge, Unsupported, Unavailable.
    """
    if "content-encoding" in request.headers:
        raise Unsupported(accepted="the body without Content-Encoding")
    content_type = request.headers.get("content-type", "")
    match kind_of(content_type):
        case "multipart/form-data":
            form = Form(
                *await read_multipart(content_type, body_of(request), limits, lenient=lenient)
            )
        case "application/x-www-form-urlencoded":
            form = Form(await _read_urlencoded(request, limits))
        case _:
            raise Unsupported(accepted="multipart/form-data or application/x-www-form-urlencoded")
    try:
        _note_key(request, form)
    except BaseException:
        form.close()
        raise
    return form


async def _form(request: Request) -> AsyncIterator[Form]:
    form = await read_form(request, tools_of(request).settings.limits, lenient=True)
    request.state.form = form
    try:
        yield form
    finally:
        form.close()


FormHere = Annotated[Form, Depends(_form)]


def kind_of(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


async def body_of(request: Request) -> AsyncIterator[bytes]:
    """The body in pieces; a client that leaves has sent a form that breaks off."""
    try:
        async for piece in request.stream():
            yield piece
    except ClientDisconnect:
        refuse_form("it breaks off before its end")


async def read_bounded(request: Request, most: int) -> bytes:
    """The whole body, if it is at most `most` bytes. Raises TextTooLarge."""
    body = bytearray()
    async for piece in body_of(request):
        body += piece
        if len(body) > most:
            raise TextTooLarge(limit=in_words(most))
    return bytes(body)


def note_content(request: Request, key: str, pieces: Iterable[object]) -> None:
    """Say for the visit what this request holds, and its key when it came inside the form."""
    text = json.dumps([request.url.query, *pieces], ensure_ascii=False)
    request.state.fingerprint = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
    if key and "idempotency-key" not in request.headers:
        request.state.idempotency_key = idempotency.checked_key(key)


def _note_key(request: Request, form: Form) -> None:
    fields = [pair for pair in form.fields if pair[0] != KEY_FIELD]
    files = [[upload.field, upload.name, upload.sha256] for upload in form.uploads]
    note_content(request, form.get(KEY_FIELD), [fields, files])


async def _read_urlencoded(request: Request, limits: Limits) -> list[tuple[str, str]]:
    body = await read_bounded(request, ESCAPED * limits.json_bytes)
    if body.count(b"&") >= limits.form_fields:
        raise TooManyFields(limit=limits.form_fields)
    try:
        fields = parse_qsl(utf8(body), keep_blank_values=True, errors="strict")
    except UnicodeDecodeError:
        raise FormNotUtf8 from None
    if sum(len(name.encode()) + len(value.encode()) for name, value in fields) > limits.json_bytes:
        raise TextTooLarge(limit=in_words(limits.json_bytes))
    return fields
