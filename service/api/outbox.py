"""Work that was given up, for admins: to be seen, and to be started again."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from service.core.outbox import Task, TaskState
from service.domain.messages.actions import retry_task
from service.domain.messages.queries import get_task, list_tasks, queue_point
from service.doors.listing import ListQuery, PageOut, ask
from service.doors.routes import StaffRoute
from service.doors.visit import StaffVisit

router = APIRouter(prefix="/outbox", tags=["outbox"], route_class=StaffRoute)


class OutboxQuery(ListQuery):
    """Which work: in what state."""

    state: TaskState = Field(default=TaskState.GIVEN_UP, description="Work in this state.")


class TaskOut(BaseModel):
    """A piece of work; what it is about is named by ids only."""

    id: UUID
    kind: str = Field(description="What is to be done.")
    state: TaskState
    payload: dict[str, object] = Field(description="What it is about, by ids.")
    created_at: datetime
    due_at: datetime = Field(description="When it is tried next.")
    attempts: int = Field(description="How often it was tried.")
    last_error: str = Field(description="What went wrong the last time.")

    @classmethod
    def of(cls, task: Task) -> "TaskOut":
        return cls.model_validate(task, from_attributes=True)


@router.get("", response_model=PageOut[TaskOut])
def list_work(visit: StaffVisit, query: Annotated[OutboxQuery, Query()]) -> Response:
    """Work in one state, by default what was given up, the newest first."""
    with visit.reading() as (db, me):
        asked = ask(visit, db, me, query, start=queue_point)
        page = list_tasks(db, me, query.state, asked.slice, since=asked.since)
        return asked.answer(page, TaskOut.of)


@router.post("/{id}/retry", response_model=TaskOut)
def retry(visit: StaffVisit, id: UUID) -> Response:
    """Start work again that was given up."""
    with visit.writing() as (db, me):
        task = get_task(db, me, id)
        retry_task(db, me, task)
        return visit.answer(TaskOut.of(task))
