"""Everything that one may see, to take away, over the API."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from service.domain.desk.inputs import ExportFilter
from service.doors.exports import MEDIA_TYPES, ExportFormat, ExportTable, send_export
from service.doors.routes import StaffRoute
from service.doors.visit import StaffVisit

router = APIRouter(prefix="/exports", tags=["exports"], route_class=StaffRoute)
MEDIA: dict[str, dict[str, object]] = {
    media_type.partition(";")[0]: {} for media_type in MEDIA_TYPES.values()
}


@router.get(
    "/{table}.{format}",
    response_class=Response,
    responses={200: {"description": "The rows, as a file.", "content": MEDIA}},
)
def export(
    visit: StaffVisit,
    table: ExportTable,
    format: ExportFormat,
    asked: Annotated[ExportFilter, Query()],
) -> Response:
    """Stream rows as CSV or JSON Lines; columns in the order of docs/exports.md."""
    return send_export(visit, table, format, asked)
