"""`exhibit`, and `python -m service`."""

import signal

# Ctrl-C while the code is being read: nothing was begun, so the process just goes.
signal.signal(signal.SIGINT, signal.SIG_DFL)

from service import cli  # noqa: E402


def main() -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)
    cli.main()


if __name__ == "__main__":
    main()
