"""What `exhibit check` finds in a database, on both kinds."""

import pytest
from sqlmodel import select

from service.core import outbox
from service.core.migrations import migrate
from service.core.outbox import Task, TaskState
from service.doors.tools import Tools
from service.operations.checks import Finding, check_all


def work(tools: Tools) -> Finding:
    [found] = [one for one in list(check_all(tools.settings)) if one.subject == "work"]
    return found


@pytest.mark.parametrize(("count", "said"), [(1, "1 piece of work"), (2, "2 pieces of work")])
def test_work_is_counted_and_what_was_given_up_leads_to_its_page(
    bare_tools: Tools, count: int, said: str
) -> None:
    migrate(bare_tools.database)
    with bare_tools.database.write() as session:
        for _ in range(count):
            outbox.enqueue(session, "event")
    assert work(bare_tools) == Finding("work", is_well=True, words=f"{said} to do")

    with bare_tools.database.write() as session:
        for task in session.exec(select(Task)):
            task.state = TaskState.GIVEN_UP
    found = work(bare_tools)

    assert not found.is_well
    page = f"{bare_tools.settings.site}/desk/outbox"
    assert found.words.startswith(f"{said} given up: look at {page} ")
