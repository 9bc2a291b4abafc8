"""Connections to PostgreSQL: how many, and with which options of the operator's."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy.pool import QueuePool

from service.app import build_tools
from service.cli.running import with_few_connections
from service.core.db import LOCK_WAIT_SECONDS, Database
from service.core.errors import Unavailable
from service.settings import Settings


def setting(database: Database, name: str) -> str:
    with database.engine.connect() as connection:
        return str(connection.exec_driver_sql(f"SHOW {name}").scalar())


def test_options_in_the_url_are_kept_beside_ours(postgresql_url: str) -> None:
    database = Database(f"{postgresql_url}&options=-c%20work_mem%3D7MB&application_name=hiring")

    assert setting(database, "work_mem") == "7MB"
    assert setting(database, "application_name") == "hiring"
    assert setting(database, "lock_timeout") == f"{LOCK_WAIT_SECONDS}s"
    database.dispose()


def test_an_option_in_the_url_wins_over_ours(postgresql_url: str) -> None:
    database = Database(f"{postgresql_url}&options=-c%20statement_timeout%3D90s")

    assert setting(database, "statement_timeout") == "90s"
    assert setting(database, "lock_timeout") == f"{LOCK_WAIT_SECONDS}s"
    database.dispose()


def test_who_finds_no_free_connection_is_told_to_come_again(database_url: str) -> None:
    """More threads than connections: the pool bounds what the database must bear."""
    database = Database(database_url, connections=2)
    taken = Barrier(3, timeout=60)

    def hold() -> None:
        with database.read():
            taken.wait()  # both are held
            taken.wait()  # the third was refused

    with ThreadPoolExecutor(2) as pool:
        holders = [pool.submit(hold) for _ in range(2)]
        taken.wait()
        try:
            with pytest.raises(Unavailable), database.read():
                pass
        finally:
            taken.wait()
        assert [holder.result(60) for holder in holders] == [None, None]
    with database.read():
        pass  # what was held is free again
    database.dispose()


@pytest.mark.parametrize("most", [3, 50])
def test_a_process_holds_as_many_connections_as_the_settings_say(
    settings: Settings, most: int
) -> None:
    settings = settings.model_copy(update={"database_connections": most})
    for wanted, number in ((settings, most), (with_few_connections(settings), min(most, 4))):
        tools = build_tools(wanted, key="a key for tests, long enough for it")
        pool = tools.database.engine.pool
        assert isinstance(pool, QueuePool)
        assert (pool.size(), pool.overflow()) == (number, -number)  # none is open, and none more
        tools.database.dispose()
