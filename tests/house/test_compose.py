"""docker-compose.yml: real settings, no secrets, and nothing that may do more than it must."""

import re

import pytest

from service.settings import PREFIX, Settings, variables
from tests.compose import FILE, ROOT, SECRETS, Service, Unset, example, raw, services

ALONE = {"proxy", "migrate", "app"}
SCALED = {
    *("proxy", "prepare", "server-1", "server-2", "worker-1", "worker-2"),
    *("postgres", "s3", "mail"),
}
SECRET_NAME = re.compile(r"PASSWORD|SECRET|_KEY")
LISTENS_NOWHERE = {"migrate", "prepare", "worker-1", "worker-2"}


@pytest.fixture(params=["alone", "scale"])
def running(request: pytest.FixtureRequest) -> dict[str, Service]:
    """What runs by deploy/example.env, with secrets filled in."""
    return services(example(scale=request.param == "scale") | SECRETS)


def test_the_two_ways_to_run_it_have_the_parts_they_promise() -> None:
    assert set(services(example(scale=False))) == ALONE
    assert set(services(example(scale=True))) == SCALED


def test_without_a_public_address_it_says_what_is_missing() -> None:
    with pytest.raises(Unset, match="EXHIBIT_BASE_URL: the public address"):
        services({})


def test_every_setting_is_one_and_is_right(
    running: dict[str, Service], monkeypatch: pytest.MonkeyPatch
) -> None:
    known = {name for name, _field in variables()}
    for service in running.values():
        ours = {
            name: value for name, value in service.environment.items() if name.startswith(PREFIX)
        }
        assert set(ours) <= known
        assert bool(ours) == service.is_ours
        for name, value in ours.items():
            monkeypatch.setenv(name, value)
        if service.is_ours:
            assert Settings(_env_file=None).behind_proxy


def test_every_variable_of_the_file_stands_in_the_example() -> None:
    text = (ROOT / "deploy" / "example.env").read_text()
    named = set(re.findall(r"\$\{(\w+)", FILE.read_text()))

    assert named <= set(re.findall(r"^#?(\w+)=", text, re.MULTILINE))


def test_no_secret_stands_in_the_file_or_in_the_example() -> None:
    pairs = [
        (name, str(value))
        for part in raw()["services"].values()
        for name, value in part.get("environment", {}).items()
    ]
    secret = {value for name, value in pairs if SECRET_NAME.search(name)}
    passwords = {found for _, value in pairs for found in re.findall(r"//\w+:([^@]+)@", value)}

    assert len(secret | passwords) == 4
    assert all(re.fullmatch(r"\$\{\w+:-\}", value) for value in secret | passwords)
    assert all(not example(scale=True)[name] for name in SECRETS)


def test_images_are_named_by_a_tag_and_by_no_registry(running: dict[str, Service]) -> None:
    images = {str(service.said["image"]) for service in running.values()}

    assert all(re.fullmatch(r"([a-z]+/)?[a-z]+:[a-z0-9][a-z0-9.]*", image) for image in images)
    assert not any(image.endswith(":latest") for image in images)


def test_each_may_do_no_more_than_it_must(running: dict[str, Service]) -> None:
    for service in running.values():
        said = service.said
        assert said["read_only"] is True
        assert said["cap_drop"] == ["ALL"]
        assert said["security_opt"] == ["no-new-privileges:true"]
        assert set(said["deploy"]["resources"]["limits"]) == {"cpus", "memory", "pids"}
        assert said["restart"] in ("unless-stopped", "no")
        assert {"privileged", "network_mode", "pid"} & set(said) == set()
        assert not (service.is_ours and "cap_add" in said)


def test_who_answers_is_asked_how_it_is(running: dict[str, Service]) -> None:
    """Ours that serve inherit the image's own check."""
    for name, service in running.items():
        check = service.said.get("healthcheck", {"test": "the image's"} if service.is_ours else {})
        assert check.get("disable", False) is (name in LISTENS_NOWHERE)
        assert bool(check.get("test")) is (name not in LISTENS_NOWHERE)


def test_whom_one_waits_for_is_there_and_can_be_ready(running: dict[str, Service]) -> None:
    for service in running.values():
        for name, how in service.said.get("depends_on", {}).items():
            if service.name == "proxy" and name not in running:
                continue  # left out by ALL_IN_ONE=0: Compose then waits for nobody
            condition = "service_healthy" if running[name].runs_on else "service_completed"
            assert how["condition"].startswith(condition)


def test_only_the_proxy_can_be_reached_from_outside(running: dict[str, Service]) -> None:
    published = {
        service.name: [str(port) for port in service.said["ports"]]
        for service in running.values()
        if "ports" in service.said
    }

    assert published.pop("proxy") == ["80:80", "443:443", "443:443/udp"]
    assert all(port.startswith("127.0.0.1:") for ports in published.values() for port in ports)


def test_what_is_mounted_and_used_is_there(running: dict[str, Service]) -> None:
    for service in running.values():
        for volume in service.said.get("volumes", []):
            source = volume.partition(":")[0]
            if source.startswith("./"):
                assert (ROOT / source).is_file()
            else:
                assert volume == "/tmp" or source in raw()["volumes"]
        assert set(service.said["networks"]) <= set(raw()["networks"])
