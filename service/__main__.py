"""So that `python -m service` is the command line too."""

from service.cli import main

main()
