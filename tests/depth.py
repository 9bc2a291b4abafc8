"""How deep the tests go: a little on every change, all the way by `make test-all`."""

import os

FULL = os.environ.get("EXHIBIT_TEST_PROFILE") == "full"
