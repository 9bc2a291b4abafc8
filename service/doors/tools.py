"""What the roof hands to the doors: settings, database, files, the secret key."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends
from starlette.requests import HTTPConnection

from service.core.blobs import Blobs
from service.core.db import Database
from service.settings import Settings


@dataclass(frozen=True)
class Tools:
    """Made once at start-up. `key` signs links, cursors and hidden fields."""

    settings: Settings
    database: Database
    blobs: Blobs
    key: str


def tools_of(connection: HTTPConnection) -> Tools:
    found: Tools = connection.app.state.tools
    return found


async def _tools(connection: HTTPConnection) -> Tools:
    return tools_of(connection)


ToolsHere = Annotated[Tools, Depends(_tools)]
