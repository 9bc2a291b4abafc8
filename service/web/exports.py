"""Everything that one may see, to take away, from the pages."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from service.domain.desk.inputs import ExportFilter
from service.doors.exports import ExportFormat, ExportTable, send_export
from service.doors.pages import PageVisit
from service.doors.routes import DoorRoute

router = APIRouter(prefix="/desk/exports", route_class=DoorRoute)


@router.get("/{table}.{format}")
def export(
    visit: PageVisit,
    table: ExportTable,
    format: ExportFormat,
    asked: Annotated[ExportFilter, Query()],
) -> Response:
    """The same rows as over the API."""
    return send_export(visit, table, format, asked)
