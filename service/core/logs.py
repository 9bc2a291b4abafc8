"""Logs for machines: one JSON line per record on stderr, without personal data.

What a person sent may stand in an exception's message, so an exception is logged as its type and
the places it came through, never its words. Control characters are escaped by JSON; values are cut.
"""

import logging
import sys
import traceback
from contextvars import ContextVar
from datetime import UTC, datetime
from types import TracebackType
from typing import Any
from uuid import uuid4

from pythonjsonlogger.json import JsonFormatter

CUT = 2000  # characters of one value
FRAMES = 20  # the innermost
CHAIN = 5
ACCESS = "exhibit.access"

# Who reads a log line finds the other lines of the same request by it.
request_id: ContextVar[str] = ContextVar("request_id", default="")

_access = logging.getLogger(ACCESS)


def new_request_id() -> str:
    """A fresh id, which this context's log lines carry from now on."""
    fresh = uuid4().hex
    request_id.set(fresh)
    return fresh


def configure(level: str = "INFO") -> None:
    """Send the log lines of the whole process to stderr as JSON; start uvicorn without its own."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Lines())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "uvicorn.asgi"):
        logger = logging.getLogger(name)
        logger.handlers = []
        logger.propagate = True
    # Its lines hold raw paths and addresses; ours is `record_access`.
    logging.getLogger("uvicorn.access").disabled = True


def record_access(*, method: str, route: str, status: int, ms: float, actor_id: str | None) -> None:
    """One line per request. `route` is the template (`/jobs/{slug}`), never the path itself."""
    said = {"method": method, "route": route, "status": status, "ms": round(ms, 1)}
    _access.info("request", extra=said | {"actor_id": actor_id})


class Lines(JsonFormatter):
    """Formats one record as one JSON object: time, level, logger, message and what was added."""

    def __init__(self) -> None:
        super().__init__(reserved_attrs=[*logging.makeLogRecord({}).__dict__, "color_message"])

    def add_fields(
        self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]
    ) -> None:
        at = datetime.fromtimestamp(record.created, UTC)
        log_data["time"] = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        log_data["level"] = record.levelname.lower()
        log_data["logger"] = record.name
        log_data["message"] = record.message
        if current := request_id.get():
            log_data["request_id"] = current
        super().add_fields(log_data, record, message_dict)

    def process_log_record(self, log_data: dict[str, Any]) -> dict[str, Any]:
        return {key[:100]: _cut(value) for key, value in log_data.items()}

    def formatException(self, ei: Any) -> str:  # noqa: N802 - its name
        return _places(ei[1])


def _cut(value: object) -> object:
    if value is None or isinstance(value, bool | int | float):
        return value
    text = value if isinstance(value, str) else str(value)
    return text if len(text) <= CUT else f"{text[:CUT]}… ({len(text)} characters)"


def _places(error: BaseException | None) -> str:
    """The type and the way of an error, and of what caused it, innermost call last."""
    told: list[str] = []
    while error is not None and len(told) < CHAIN:
        told.append(
            f"{type(error).__module__}.{type(error).__qualname__}{_way(error.__traceback__)}"
        )
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return " from ".join(told)


def _way(trace: TracebackType | None) -> str:
    frames = traceback.extract_tb(trace)[-FRAMES:]
    return "".join(f" > {frame.filename}:{frame.lineno} {frame.name}" for frame in frames)
