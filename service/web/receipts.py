"""Thanks for what was sent, and the way back to what was begun."""

from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response

from service.core.errors import NotFound
from service.domain.submissions.queries import (
    draft_token,
    get_linked_draft,
    get_sent,
    open_link,
    read_receipt_token,
)
from service.domain.submissions.tables import LinkPurpose
from service.doors.pages import StrangerVisit
from service.doors.routes import DoorRoute
from service.doors.submission_intake import invitation
from service.web.render import page

router = APIRouter(route_class=DoorRoute)


@router.get("/receipts/{token}")
def receipt(request: Request, visit: StrangerVisit, token: str) -> Response:
    """Thanks, and what was just sent; the token shows nothing else."""
    id = read_receipt_token(visit.tools.key, token)
    try:
        with visit.reading() as (db, _me):
            sent, job = get_sent(db, id)
            return page(request, "receipt.html", id=id, sent=sent, job=job)
    except NotFound:
        return page(request, "receipt.html", id=id, sent=None, job=None)


@router.get("/drafts/{token}")
def go_on(visit: StrangerVisit, token: str) -> Response:
    """From the mailed link back to the form."""
    key = visit.tools.key
    with visit.reading() as (db, _me):
        link = open_link(db, key, LinkPurpose.DRAFT, token)
        draft, slug = get_linked_draft(db, link)
        query = {"draft": draft_token(key, draft), "invited": invitation(visit.tools, draft)}
    target = f"/jobs/{slug}/apply?{urlencode(query)}"
    return Response(status_code=303, headers={"Location": target})
