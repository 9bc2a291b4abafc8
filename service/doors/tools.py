"""What the roof hands to the doors: settings, database, files, the secret key."""

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated

from fastapi import Depends
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from service.core.blobs import Blobs
from service.core.db import Database
from service.core.metrics import Metrics
from service.core.rates import Rates
from service.settings import Settings


@dataclass(frozen=True)
class Tools:
    """Made once at start-up. `key` signs links, cursors and hidden fields."""

    settings: Settings
    database: Database
    blobs: Blobs
    key: str

    @cached_property
    def rates(self) -> Rates:
        """What counts how often strangers knock."""
        shared = self.settings.rates.store == "database"
        return Rates(self.key, self.database if shared else None)


class Equipping:
    """Each request finds the tools in its state: the doors themselves keep nothing."""

    def __init__(self, app: ASGIApp, *, tools: Tools, metrics: Metrics) -> None:
        self.app = app
        self.equipment = {"tools": tools, "metrics": metrics}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope.setdefault("state", {}).update(self.equipment)
        await self.app(scope, receive, send)


def tools_of(connection: HTTPConnection) -> Tools:
    found: Tools = connection.state.tools
    return found


async def _tools(connection: HTTPConnection) -> Tools:
    return tools_of(connection)


ToolsHere = Annotated[Tools, Depends(_tools)]


async def _metrics(connection: HTTPConnection) -> Metrics:
    found: Metrics = connection.state.metrics
    return found


MetricsHere = Annotated[Metrics, Depends(_metrics)]
