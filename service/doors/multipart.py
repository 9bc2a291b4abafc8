"""Reads multipart/form-data as it arrives: fields into memory, files to disk, both bounded."""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import IO

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser
from starlette.concurrency import run_in_threadpool

from service.core.errors import TooLarge, Unavailable
from service.core.filenames import clean_name
from service.doors.part_headers import PartHead, boundary_of, read_head, refuse_form, utf8
from service.settings import MIB, Limits

SPOOL = 256 * 1024  # a file this small never touches the disk
HEADERS_OF_A_PART = 8
HEADER_BYTES = 4 * 1024


class FileTooLarge(TooLarge):
    code = "file_too_large"
    message = "The file “{name}” is larger than the limit of {limit}."


class FilesTooLarge(TooLarge):
    code = "files_too_large"
    message = "The files together are larger than the limit of {limit}."


class TooManyFiles(TooLarge):
    code = "too_many_files"
    message = "Send at most {limit} files at once."


class TooManyFields(TooLarge):
    code = "too_many_fields"
    message = "The form has more than {limit} fields."


class TextTooLarge(TooLarge):
    code = "text_too_large"
    message = "The text in the form is larger than the limit of {limit}."


@dataclass(frozen=True)
class Upload:
    """A file that has arrived, open at its beginning. `name` is as it was sent: not clean.

    `fault` says why it was let pass by: then its bytes are gone.
    """

    field: str
    name: str
    size: int
    sha256: str
    file: IO[bytes]
    fault: TooLarge | None = None


class _Incoming:
    """A file on its way."""

    def __init__(self, head: PartHead) -> None:
        self.head = head
        self.file: IO[bytes] = SpooledTemporaryFile(max_size=SPOOL)  # noqa: SIM115  # closed by Parts
        self.digest = hashlib.sha256()
        self.size = 0
        self.pieces: list[bytes] = []
        self.fault: TooLarge | None = None

    def drop(self, fault: TooLarge) -> None:
        """Forget what came of it and let the rest pass by."""
        self.fault = fault
        self.pieces.clear()

    def flush(self) -> None:
        if self.fault:
            self.file.seek(0)
            self.file.truncate()
        for piece in self.pieces:
            self.digest.update(piece)
            self.file.write(piece)
        self.pieces.clear()

    def finished(self) -> Upload:
        self.file.seek(0)
        name = self.head.file_name or "file"
        digest = "" if self.fault else self.digest.hexdigest()
        return Upload(self.head.name, name, self.size, digest, self.file, self.fault)


class Parts:
    """What has arrived so far. The parser calls it back; a broken limit raises at once.

    A `lenient` reader lets a file pass by that is too much, so that all else of the form is kept.
    """

    def __init__(self, limits: Limits, *, lenient: bool = False) -> None:
        self._lenient = lenient
        self.fields: list[tuple[str, str]] = []
        self.files: list[_Incoming] = []
        self.ended = False
        self._limits = limits
        self._headers: list[tuple[bytes, bytes]] = []
        self._name, self._value = bytearray(), bytearray()
        self._field: tuple[str, bytearray] | None = None
        self._file: _Incoming | None = None
        self._count = self._text = self._bytes = 0

    def parser(self, boundary: bytes) -> MultipartParser:
        return MultipartParser(
            boundary,
            {
                "on_header_field": self._on_header_name,
                "on_header_value": self._on_header_value,
                "on_header_end": self._on_header_end,
                "on_headers_finished": self._on_head,
                "on_part_data": self._on_data,
                "on_part_end": self._on_part_end,
                "on_end": self._on_end,
            },
            max_header_count=HEADERS_OF_A_PART,
            max_header_size=HEADER_BYTES,
        )

    def flush(self) -> None:
        """Write to the disk what the last piece of the body brought; call it in a thread."""
        try:
            for file in self.files:
                if file.pieces or file.fault:
                    file.flush()
        except OSError as error:
            raise Unavailable(part="The disk for uploads") from error

    def close(self) -> None:
        for file in self.files:
            file.file.close()

    def uploads(self) -> list[Upload]:
        """Raises FormMalformed when the body broke off."""
        if not self.ended:
            refuse_form("it breaks off before its end")
        sent = []
        for file in self.files:
            if file.head.file_name or file.size:
                sent.append(file.finished())
            else:  # a browser sends an empty part without a name where no file was chosen
                file.file.close()
        return sent

    def _on_header_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _on_header_end(self) -> None:
        self._headers.append((bytes(self._name), bytes(self._value)))
        self._name, self._value = bytearray(), bytearray()

    def _on_head(self) -> None:
        head, self._headers = read_head(self._headers), []
        self._count += 1
        if self._count > self._limits.form_fields:
            raise TooManyFields(limit=self._limits.form_fields)
        if head.file_name is None:
            self._field = head.name, bytearray()
            return
        self._file = _Incoming(head)
        self.files.append(self._file)
        if sum(1 for file in self.files if file.head.file_name) > self._limits.submission_files:
            self._refuse(self._file, TooManyFiles(limit=self._limits.submission_files))

    def _on_data(self, data: bytes, start: int, end: int) -> None:
        if self._file:
            self._on_file_data(self._file, data[start:end])
        elif self._field:
            self._text += end - start
            if self._text > self._limits.json_bytes:
                raise TextTooLarge(limit=in_words(self._limits.json_bytes))
            self._field[1].extend(data[start:end])

    def _on_file_data(self, file: _Incoming, piece: bytes) -> None:
        if file.fault:
            return
        file.size += len(piece)
        self._bytes += len(piece)
        if file.size > self._limits.file_bytes:
            name = clean_name(file.head.file_name or file.head.name)
            limit = in_words(self._limits.file_bytes)
            self._refuse(file, FileTooLarge(name=name, limit=limit))
        elif self._bytes > self._limits.submission_bytes:
            self._refuse(file, FilesTooLarge(limit=in_words(self._limits.submission_bytes)))
        else:
            file.pieces.append(piece)

    def _refuse(self, file: _Incoming, fault: TooLarge) -> None:
        if not self._lenient:
            raise fault
        self._bytes -= file.size
        file.drop(fault)

    def _on_part_end(self) -> None:
        if self._field:
            name, value = self._field
            self.fields.append((name, utf8(value)))
        self._field = self._file = None

    def _on_end(self) -> None:
        self.ended = True


async def read_multipart(
    content_type: str, stream: AsyncIterator[bytes], limits: Limits, *, lenient: bool = False
) -> tuple[list[tuple[str, str]], list[Upload]]:
    """Fields in their order, and files. On any refusal all temporary files are gone.

    Raises FormMalformed, FormNotUtf8, TooLarge, Unavailable.
    """
    parts = Parts(limits, lenient=lenient)
    try:
        parser = parts.parser(boundary_of(content_type))
        async for piece in stream:
            parser.write(piece)
            if parts.files:
                await run_in_threadpool(parts.flush)
        return parts.fields, parts.uploads()
    except FormParserError:
        parts.close()
        refuse_form("its parts cannot be told apart")
    except BaseException:
        parts.close()
        raise


def in_words(size: int) -> str:
    return f"{size // MIB} MiB" if size >= MIB else f"{size} bytes"
