"""What the tests of the worker share: a mail server, and tools that send to it."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from service.doors.tools import Tools
from tests.worker.postbox import Postbox, open_postbox


@pytest.fixture
def postbox() -> Iterator[Postbox]:
    with open_postbox() as postbox:
        yield postbox


@pytest.fixture
def posting(tools: Tools, postbox: Postbox) -> Tools:
    """Tools whose letters go to the postbox."""
    return replace(tools, settings=postbox.settings(tools.settings))
