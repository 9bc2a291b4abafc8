"""Puts the service together: settings → tools → doors, and what stands around them."""

from pathlib import Path

from fastapi import FastAPI
from starlette.exceptions import HTTPException

from service.api.app import build_api, show_http_error, show_refusal
from service.api.operator import router as operator
from service.core.blobs import Blobs
from service.core.db import Database
from service.core.errors import Refusal
from service.core.metrics import Metrics
from service.core.secrets import load_or_create_key
from service.doors.admission import Admission, known_hosts
from service.doors.bodies import BodyLimits
from service.doors.proxy import ProxyHeaders
from service.doors.refusals import show_fault
from service.doors.security import SecurityHeaders
from service.doors.sightings import Sightings
from service.doors.tools import Equipping, Tools
from service.doors.watching import Watching
from service.settings import Blobs as BlobSettings
from service.settings import Settings
from service.web.app import build_web

API = build_api()
WEB = build_web()


def build_tools(settings: Settings, key: str | None = None) -> Tools:
    """Database and files as the settings name them; the key is made on the first run."""
    kept = settings.secret_key.get_secret_value()
    key = key or kept or load_or_create_key(settings.data_dir / "secret.key")
    database = Database(settings.database, connections=settings.database_connections)
    return Tools(settings, database, open_blobs(settings), key)


def open_blobs(settings: Settings) -> Blobs:
    """The folder in the data folder, or the store the settings name."""
    url = settings.blobs.url or str(Path(settings.data_dir, "blobs"))
    return Blobs(url, options=_store_options(settings.blobs))


def create_app(tools: Tools) -> FastAPI:
    """The whole site: API and pages, which are made but once, and what operators ask."""
    settings, metrics = tools.settings, Metrics()
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.include_router(operator)
    app.exception_handler(Refusal)(show_refusal)
    app.exception_handler(HTTPException)(show_http_error)
    app.exception_handler(Exception)(show_fault)
    app.mount("/api/v1", API)
    app.mount("/", WEB)
    # The one added last stands outermost.
    app.add_middleware(BodyLimits, limits=settings.limits)
    app.add_middleware(Admission, hosts=known_hosts(settings))
    app.add_middleware(Watching, metrics=metrics)
    app.add_middleware(SecurityHeaders, is_secure=settings.is_secure)
    app.add_middleware(Sightings)
    if settings.behind_proxy:
        app.add_middleware(ProxyHeaders)
    app.add_middleware(Equipping, tools=tools, metrics=metrics)
    return app


def _store_options(settings: BlobSettings) -> dict[str, str]:
    options = {
        "endpoint": settings.s3_endpoint,
        "region": settings.s3_region,
        "access_key_id": settings.s3_access_key.get_secret_value(),
        "secret_access_key": settings.s3_secret_key.get_secret_value(),
    }
    return {name: value for name, value in options.items() if value}
