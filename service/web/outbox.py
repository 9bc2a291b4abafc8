"""Work that was given up, for admins: why, what it was about, and the button to try again."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from service.core.outbox import TaskState
from service.domain.messages.actions import retry_task
from service.domain.messages.queries import find_letters, get_task, list_tasks
from service.doors.forms import FormHere
from service.doors.listing import ListQuery, ask
from service.doors.pages import PageVisit
from service.doors.routes import DoorRoute
from service.web.render import page

router = APIRouter(prefix="/desk/outbox", route_class=DoorRoute)


@router.get("")
def show(request: Request, visit: PageVisit, query: Annotated[ListQuery, Query()]) -> Response:
    """The newest first."""
    with visit.reading() as (db, me):
        asked = ask(visit, db, me, query)
        found = list_tasks(db, me, TaskState.GIVEN_UP, asked.slice)
        cursor = asked.next_cursor(found)
        return page(
            request,
            "outbox.html",
            me=me,
            tasks=found.items,
            letters=find_letters(db, me, found.items),
            next_url=f"/desk/outbox?cursor={cursor}" if cursor else "",
        )


@router.post("/{id}/retry")
def retry(visit: PageVisit, id: UUID, form: FormHere) -> Response:  # noqa: ARG001  # read for its Idempotency-Key
    """Start it again."""
    with visit.writing() as (db, me):
        retry_task(db, me, get_task(db, me, id))
        return visit.redirect("/desk/outbox")
