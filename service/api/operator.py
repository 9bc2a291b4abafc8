"""What the operator's machines ask: is it alive, can it serve, how is it doing."""

from ipaddress import ip_address

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4
from pydantic import BaseModel

from service.core.errors import Unknown
from service.domain.accounts.actor import require
from service.domain.accounts.tables import Role
from service.doors.admission import LOOPBACK
from service.doors.figures import Figures
from service.doors.readiness import check_ready
from service.doors.routes import JsonRoute
from service.doors.tools import MetricsHere, ToolsHere
from service.doors.visit import CredentialKind, PublicVisit

# What proxies add; one that adds nothing must not pass on `/metrics`.
FORWARDED = ("forwarded", "via", "x-real-ip", "x-client-ip", "x-original-host")
FORWARDED_PREFIX = "x-forwarded-"

router = APIRouter(tags=["operator"], route_class=JsonRoute)


class Health(BaseModel):
    """That is all there is to say."""

    status: str


@router.get("/health/live")
async def live() -> Health:
    """The process answers."""
    return Health(status="alive")


@router.get("/health/ready")
async def ready(tools: ToolsHere) -> Health:
    """The database is there and migrated, the file store is there; else 503 with what is not."""
    await check_ready(tools)
    return Health(status="ready")


@router.get("/metrics")
def metrics(visit: PublicVisit, tools: ToolsHere, counted: MetricsHere) -> Response:
    """Figures for Prometheus: for this very machine, and for an admin's token from anywhere."""
    if visit.kind is not CredentialKind.NOBODY:
        with visit.reading() as (_db, me):
            require(me.has(Role.ADMIN))
    elif not _is_from_here(visit.request):
        raise Unknown
    return Response(counted.show(Figures(tools.database)), media_type=CONTENT_TYPE_PLAIN_0_0_4)


def _is_from_here(request: Request) -> bool:
    """From loopback and by a loopback name: what a proxy on this machine passes on is neither."""
    host = request.headers.get("host", "").rpartition(":")[0] or request.headers.get("host", "")
    if host not in LOOPBACK or _is_passed_on(request):
        return False
    try:
        return request.client is not None and ip_address(request.client.host).is_loopback
    except ValueError:
        return False


def _is_passed_on(request: Request) -> bool:
    return any(name in FORWARDED or name.startswith(FORWARDED_PREFIX) for name in request.headers)
