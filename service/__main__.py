"""`exhibit`, and `python -m service`."""

import gc
import signal

# Nothing of what is read here ever goes, so looking for what could costs time and finds nothing.
gc.disable()

# Ctrl-C while the code is being read: nothing was begun, so the process just goes.
signal.signal(signal.SIGINT, signal.SIG_DFL)

from service import cli  # noqa: E402

gc.freeze()
gc.enable()


def main() -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)
    cli.main()


if __name__ == "__main__":
    main()
