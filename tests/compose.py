"""What docker-compose.yml says, as Compose reads it: profiles, variables, shared parts resolved."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
FILE = ROOT / "docker-compose.yml"
# What somebody would write into .env for the profile `scale`.
SECRETS = {
    "POSTGRES_PASSWORD": "f" * 48,
    "S3_ACCESS_KEY": "GK" + "a" * 32,
    "S3_SECRET_KEY": "b" * 64,
    "S3_CLUSTER_SECRET": "c" * 64,
}
VARIABLE = re.compile(r"\$\{(?P<name>\w+)(?::(?P<sign>[-?])(?P<rest>[^}]*))?\}")


class Unset(Exception):
    """A variable that somebody must give."""


@dataclass(frozen=True)
class Service:
    """One service, and all that its part of the file says."""

    name: str
    said: Mapping[str, Any]

    @property
    def is_ours(self) -> bool:
        return "build" in self.said

    @property
    def runs_on(self) -> bool:
        """Not only once, until its work is done."""
        return str(self.said["restart"]) != "no"

    @property
    def command(self) -> list[str]:
        return list(self.said["command"])

    @property
    def environment(self) -> dict[str, str]:
        return dict(self.said.get("environment", {}))


@cache
def raw() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(FILE.read_text())
    return found


def services(given: Mapping[str, str]) -> dict[str, Service]:
    """Those that run with these variables, where `COMPOSE_PROFILES` says which profile."""
    profile = given.get("COMPOSE_PROFILES", "")
    found = {}
    for name, part in raw()["services"].items():
        said = filled(part, given)
        wanted = int(said["deploy"].get("replicas", 1)) > 0
        if wanted and profile in said.get("profiles", [profile]):
            found[name] = Service(name, said)
    return found


def filled(part: Any, given: Mapping[str, str]) -> Any:
    """With the variables' values in their places. Raises Unset."""
    if isinstance(part, dict):
        return {key: filled(value, given) for key, value in part.items()}
    if isinstance(part, list):
        return [filled(value, given) for value in part]
    if isinstance(part, str):
        return VARIABLE.sub(lambda found: _value(found, given), part)
    return part


def _value(found: re.Match[str], given: Mapping[str, str]) -> str:
    if value := given.get(found["name"]):
        return value
    if found["sign"] == "?":
        raise Unset(f"{found['name']}: {found['rest']}")
    return found["rest"] or ""


def example(*, scale: bool) -> dict[str, str]:
    """What deploy/example.env gives; with the lines for the profile `scale` taken in on demand."""
    text = (ROOT / "deploy" / "example.env").read_text()
    plain, _, scaled = text.partition("# The profile `scale`")
    given = dict(re.findall(r"^(\w+)=(.*)$", plain, re.MULTILINE))
    if scale:
        given |= dict(re.findall(r"^#(\w+)=([^#\n]*?) *(?:#.*)?$", scaled, re.MULTILINE))
    return given
