"""Who may call what, for every call in the API's own document: a new one fails until it is said."""

from datetime import timedelta

import pytest
from fastapi.routing import APIRoute
from sqlmodel import SQLModel, select
from starlette.testclient import TestClient

from service.api.app import ROUTERS, build_api
from service.core.clock import utc_now
from service.core.secrets import digest
from service.domain.accounts.tables import ApiToken, Scope, User
from tests.hostile.calls import APART, CALLS, Call, Full
from tests.hostile.invariants import Watch
from tests.worlds import World

STAFF = [call for call in CALLS if call.who != "anyone"]
HIGHER = [call for call in CALLS if call.who in ("recruiter", "admin")]
ADMINS = [call for call in CALLS if call.who == "admin"]
# What stays open to those who may not see the submission, by its id in the path: nothing.
ABOUT_ONE = [call for call in STAFF if call.path.startswith("/submissions/{id}")]


def test_every_call_of_the_document_is_in_the_table() -> None:
    paths = build_api().openapi()["paths"]
    documented = {f"{method.upper()} {path}" for path, calls in paths.items() for method in calls}

    assert documented == {call.name for call in CALLS} | APART


def test_each_call_is_right_as_the_table_has_it(client: TestClient, full: Full) -> None:
    """So that what is denied below is denied for the reason it says."""
    answers = [full.send(client, call) for call in CALLS]

    wrong = [
        f"{call.name}: {answer.status_code} {answer.text[:200]}"
        for call, answer in zip(CALLS, answers, strict=True)
        if answer.status_code not in (200, 201, 204)
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("name", "calls"), [("reviewer", HIGHER), ("outsider", HIGHER), ("recruiter", ADMINS)]
)
def test_who_has_a_lesser_role_is_denied(
    client: TestClient, watch: Watch, full: Full, name: str, calls: list[Call]
) -> None:
    auth = getattr(watch.world, name).auth
    for call in calls:
        headers = {**full.headers(client, call), **auth}
        with watch.nothing_stored(call.name):
            watch.expect(call.name, full.send(client, call, headers=headers), 403, 404)
    watch.finish()


@pytest.mark.parametrize("name", ["reviewer2", "outsider", "other_recruiter"])
def test_who_may_not_see_a_submission_finds_nothing_of_it(
    client: TestClient, watch: Watch, full: Full, name: str
) -> None:
    """Every id that belongs to it, under its own address and under that of another submission."""
    auth = getattr(watch.world, name).auth
    for call in ABOUT_ONE:
        headers = {**full.headers(client, call), **auth}
        with watch.nothing_stored(call.name):
            watch.expect(call.name, full.send(client, call, headers=headers), 404)
    watch.finish()


def test_what_belongs_to_one_submission_is_not_found_under_another(
    client: TestClient, watch: Watch, full: Full
) -> None:
    swapped = {"submission": full.ids["hired"], "hired": full.ids["submission"]}
    other = Full(full.world, full.ids | swapped)
    for call in ABOUT_ONE:
        if call.path.count("{") == 2:
            headers = {**full.headers(client, call), "If-Match": "*"}
            with watch.nothing_stored(call.name):
                watch.expect(call.name, other.send(client, call, headers=headers), 404)
    watch.finish()


@pytest.mark.parametrize(
    ("name", "calls"), [("reviewer", HIGHER), ("outsider", HIGHER), ("recruiter", ADMINS)]
)
def test_who_may_not_change_a_thing_is_not_told_that_it_was_changed(
    client: TestClient, watch: Watch, full: Full, name: str, calls: list[Call]
) -> None:
    auth = getattr(watch.world, name).auth
    guarded = [call for call in calls if call.etag]
    for call in guarded:
        stale = {**full.headers(client, call), "If-Match": '"99"'}
        watch.expect(f"{call.name} right", full.send(client, call, headers=stale), 412)
        answer = full.send(client, call, headers={**stale, **auth})
        watch.expect(f"{call.name} {name}", answer, 403, 404)
    assert len(guarded) > 2
    watch.finish()


def test_a_token_that_is_too_narrow_is_refused_before_a_version_is_looked_at(
    client: TestClient, watch: Watch, full: Full
) -> None:
    narrow = {"name": "narrow", "scopes": ["read", "write"]}
    made = client.post("/api/v1/tokens", json=narrow, headers=watch.world.admin.auth)
    auth = {"Authorization": f"Bearer {made.json()['token']}"}
    for call in ADMINS:
        if call.etag:
            answer = full.send(client, call, headers={**auth, "If-Match": '"99"'})
            watch.expect(call.name, answer, 403)
    watch.finish()


def bad_credentials(world: World) -> dict[str, str]:
    """Tokens that were good, and what never was."""
    with world.database.write() as session:
        past = utc_now() - timedelta(seconds=1)
        for name, expires_at, revoked_at in (("expired", past, None), ("revoked", None, past)):
            session.add(
                ApiToken(
                    user_id=world.admin.id,
                    name=name,
                    prefix=f"exh_{name}",
                    token_digest=digest(f"exh_{name}"),
                    scopes=list(Scope),
                    expires_at=expires_at,
                    revoked_at=revoked_at,
                )
            )
        user = session.exec(select(User).where(User.id == world.other_recruiter.id)).one()
        user.deactivated_at = utc_now()
    return {
        "expired": "Bearer exh_expired",
        "revoked": "Bearer exh_revoked",
        "disabled": f"Bearer {world.other_recruiter.token}",
        "guessed": "Bearer exh_guessed",
        "blank": "Bearer ",
        "bare": world.admin.token,
        "basic": "Basic YWRtaW46YWRtaW4=",
        "half of one": f"Bearer {world.admin.token[:-1]}",
        "upper case": f"Bearer {world.admin.token.upper()}",
        "two": f"Bearer {world.admin.token}, Bearer {world.admin.token}",
        "long": "Bearer " + "x" * 4_000,
        "not ASCII": "Bearer exh_\xe4dmin",
    }


def test_every_bad_credential_gets_the_same_answer_everywhere(
    client: TestClient, watch: Watch, full: Full
) -> None:
    bad = bad_credentials(watch.world)
    faces = set()
    for call in STAFF:
        right = full.headers(client, call)
        for name, credential in [*bad.items(), ("none", None)]:
            headers = {key: value for key, value in right.items() if key != "Authorization"}
            if credential is not None:
                headers["Authorization"] = credential
            encoded = {key: value.encode("latin-1") for key, value in headers.items()}
            answer = full.send(client, call, headers=encoded)
            watch.expect(f"{call.name} {name}", answer, 401)
            if call.method != "HEAD":
                faces.add((answer.content, answer.headers["WWW-Authenticate"]))
    assert len(faces) == 1
    with watch.nothing_stored():
        for call in STAFF:
            url = f"{full.url(call)}?token={watch.world.admin.token}&access_token=x"
            answer = client.request(call.method, url, json=full.body(call))
            watch.expect(f"{call.name} in the query", answer, 401)
    watch.finish()


def test_a_method_cannot_be_overridden(client: TestClient, watch: Watch, full: Full) -> None:
    url, auth = watch.world.submission.url, watch.world.admin.auth
    with watch.nothing_stored():
        for name in ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"):
            headers = {**auth, name: "PATCH", "If-Match": "*"}
            watch.expect(name, client.post(url, headers=headers), 405)
            jobs = client.post("/api/v1/users", json={"_method": "DELETE"}, headers=headers)
            watch.expect(f"{name} and _method", jobs, 422)
    watch.finish()


def test_unknown_paths_and_methods_are_problems_too(client: TestClient, watch: Watch) -> None:
    auth = watch.world.admin.auth
    paths = build_api().openapi()["paths"]
    with watch.nothing_stored():
        for path in paths:
            for method in ("TRACE", "PROPFIND", "OPTIONS", "DELETE"):
                answer = client.request(method, f"/api/v1{path}")
                watch.expect(f"{method} {path}", answer, 405)
                assert answer.headers["allow"].lower().split(", ") == sorted(paths[path]), path
        for path in ("/api/v1/nothing", "/api/v1/users/1/2/3", "/api/v1/jobs/../nothing"):
            watch.expect(path, client.get(path, headers=auth), 404)
    page = client.delete("/sign-in")
    assert (page.status_code, page.headers["allow"]) == (405, "GET, POST")
    watch.finish()


def test_no_route_takes_a_table_as_its_body() -> None:
    routes = [route for router in ROUTERS for route in router.routes]
    taken = [
        (route.path, field.field_info.annotation)
        for route in routes
        if isinstance(route, APIRoute)
        for field in [*route.dependant.body_params, *route.dependant.query_params]
    ]

    assert len(taken) > 20
    for path, annotation in taken:
        is_model = isinstance(annotation, type) and issubclass(annotation, SQLModel)
        assert not is_model, path
