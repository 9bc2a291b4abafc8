"""The settings as an operator writes them: what is wrong with them, each by its variable's name."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError
from pydantic_settings import DotEnvSettingsSource, EnvSettingsSource, SettingsError

from service.doors.sentences import sentence
from service.operations.trouble import Trouble, ended
from service.settings import PREFIX, SEPARATOR, Settings, variables

OURS = {"EXHIBIT_TEST_PROFILE"}  # for who develops it, see tests/conftest.py


def read_settings() -> Settings:
    """Raises Trouble that names every variable that is wrong, and no value: it may be a secret."""
    try:
        return Settings()
    except ValidationError as error:
        wrong = "\n".join(_faults(error))
        raise Trouble(f"The settings are wrong:\n{wrong}") from error
    except SettingsError as error:
        raise Trouble(f'{ended(str(error))} A list is written ["one", "two"].') from error


def unknown_variables() -> Iterator[str]:
    """What begins like ours and is not, in the environment or in `.env`, with what was meant."""
    written = {**EnvSettingsSource(Settings).env_vars, **DotEnvSettingsSource(Settings).env_vars}
    known = [name for name, _field in variables()]
    groups = {name.partition(SEPARATOR)[0] for name in known if SEPARATOR in name}
    for name in sorted(name.upper() for name in written):
        if name.startswith(PREFIX) and name not in {*known, *groups, *OURS}:
            yield _no_such(name)


def _faults(error: ValidationError) -> Iterator[str]:
    for fault in error.errors(include_input=False, include_url=False):
        name = PREFIX + SEPARATOR.join(str(part) for part in fault["loc"]).upper()
        if fault["type"] == "extra_forbidden":
            yield _no_such(name)
        else:
            yield f"{name}: {_said(fault)}"


def _said(fault: Mapping[str, Any]) -> str:
    """Where a setting says itself what it must be, in its own words."""
    if fault["type"] == "value_error":
        return ended(str(fault["ctx"]["error"]))
    return sentence(fault)


def _no_such(name: str) -> str:
    near = get_close_matches(name, (known for known, _field in variables()), 1)
    meant = f"Did you mean {near[0]}?" if near else "See docs/settings.md."
    return f"There is no setting {name}. {meant}"
