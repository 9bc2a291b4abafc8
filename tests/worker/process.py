"""A worker as a process of its own: `python -m tests.worker.process URL FOLDER PORT SECONDS`."""

import sys
from datetime import timedelta
from pathlib import Path
from threading import Event

from service.app import build_tools
from service.settings import Mail, Settings
from service.worker.loop import run_worker

KEY = "a key for tests, long enough for it"


def main(url: str, folder: str, port: str, lease: str) -> None:
    mail = Mail(host="127.0.0.1", port=int(port), security="none", timeout=30)
    settings = Settings(database_url=url, data_dir=Path(folder), mail=mail, _env_file=None)
    tools = build_tools(settings, key=KEY)
    run_worker(tools, Event(), lease=timedelta(seconds=float(lease)))


if __name__ == "__main__":
    main(*sys.argv[1:])
