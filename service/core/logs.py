"""Logs as JSON, one line a record, without personal data."""

from contextvars import ContextVar

request_id: ContextVar[str] = ContextVar("request_id", default="")
