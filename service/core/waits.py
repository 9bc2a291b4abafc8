"""How long one transaction may take on PostgreSQL, all its slow statements together.

The server bounds each wait by itself (`lock_timeout`) and each statement (`statement_timeout`): who
meets one lock after another could wait for ever, even in one statement. So for whoever writes both
are what is left of a budget, from which each slow statement takes what it took. Nobody can tell
from here whether it waited or worked; migrations, which work long, are left alone.
"""

from contextlib import closing
from time import monotonic
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

NOTICED_SECONDS = 0.1  # what takes less is not worth another round trip
LEAST_MS = 100  # for whoever has nothing left: 0 would be “for ever”

ALLOW = """
SELECT set_config('lock_timeout', %s, true), set_config('statement_timeout', %s, true)
"""
SPEND = """
SELECT set_config(name, greatest(setting::integer - %s, %s)::text, true)
FROM pg_settings WHERE name IN ('lock_timeout', 'statement_timeout') AND setting <> '0'
"""


def bound_wait(connection: sa.Connection, seconds: float) -> None:
    """From here on this transaction may spend so much on statements and their waiting."""
    left = str(max(round(seconds * 1000), LEAST_MS))
    connection.exec_driver_sql(ALLOW, (left, left))


def bound_waits(engine: sa.Engine) -> None:
    """For all transactions of this engine that write; who only reads waits for few."""

    @event.listens_for(engine, "before_cursor_execute")
    def on_begin(connection: sa.Connection, *_statement: Any) -> None:
        connection.info["exhibit_began"] = monotonic()

    @event.listens_for(engine, "after_cursor_execute")
    def on_end(connection: sa.Connection, *_statement: Any) -> None:
        took = monotonic() - connection.info["exhibit_began"]
        writes = connection.get_execution_options().get("exhibit_access") == "write"
        if writes and took > NOTICED_SECONDS:
            with closing(connection.connection.cursor()) as cursor:
                cursor.execute(SPEND, (round(took * 1000), LEAST_MS))
