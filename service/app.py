"""Puts the service together: settings → tools → doors."""

from fastapi import FastAPI

from service.api.app import build_api
from service.core.blobs import Blobs
from service.core.db import Database
from service.doors.tools import Tools
from service.settings import Settings


def build_tools(settings: Settings, key: str) -> Tools:
    """Database and files as the settings name them."""
    blobs = Blobs(settings.blobs.url or str(settings.data_dir / "blobs"))
    return Tools(settings, Database(settings.database), blobs, key)


def create_app(tools: Tools) -> FastAPI:
    """The whole site: API and pages."""
    app = FastAPI(openapi_url=None)
    api = build_api()
    for part in (app, api):
        part.state.tools = tools
    app.mount("/api/v1", api)
    return app
