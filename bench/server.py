"""The real server in one process, with the floor's routes beside it, until it is stopped."""

from bench.floor import Beside, build_floor
from service.app import build_tools, create_app
from service.core import logs
from service.core.selfcheck import check_database
from service.server import QuietServer, config_for, ending_calmly, listen
from service.settings import Settings


def main() -> None:
    settings = Settings()
    logs.configure(settings.log_level)
    with ending_calmly() as ending, listen(settings) as listener:
        tools = build_tools(settings)
        check_database(tools.database)
        service = create_app(tools)
        app = Beside(service, build_floor(tools, service))
        print(f"port: {listener.getsockname()[1]}", flush=True)
        QuietServer(config_for(settings, app), ending).run([listener])


if __name__ == "__main__":
    main()
