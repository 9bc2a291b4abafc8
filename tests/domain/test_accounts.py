"""Accounts, passwords, sign-ins and tokens through their actions."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from threading import Barrier, Thread
from typing import Any
from uuid import UUID

import pytest
from argon2 import PasswordHasher
from pydantic import ValidationError
from sqlmodel import Session, col, select

from service.core.clock import utc_now
from service.core.db import Database, new_id
from service.core.errors import Forbidden, NotFound, Refusal, Stale, Unknown
from service.core.outbox import EventDetail, EventRow
from service.core.paging import Slice
from service.core.secrets import LinkInvalid, digest, is_outdated
from service.core.versions import Expected
from service.domain.accounts.actions import (
    EmailTaken,
    ExpiryLate,
    ExpiryPast,
    LastAdmin,
    TooManyTokens,
    UserDeactivated,
    change_password,
    change_user,
    create_user,
    deactivate_user,
    issue_token,
    open_password_reset,
    reactivate_user,
    request_password_reset,
    reset_password,
    revoke_token,
    revoke_tokens,
    set_password,
    sign_in,
    sign_out,
    touch_sign_in,
    touch_token,
)
from service.domain.accounts.actions.passwords import MOST_RESETS
from service.domain.accounts.actions.tokens import MOST_TOKENS
from service.domain.accounts.actor import STRANGER, SYSTEM, Actor
from service.domain.accounts.inputs import NewUser, UserChange
from service.domain.accounts.passwords import (
    NewPassword,
    Proof,
    WeakPassword,
    WrongPassword,
    choose_password,
)
from service.domain.accounts.queries import (
    find_actor_by_sign_in,
    find_actor_by_token,
    find_password,
    get_me,
    get_own_password,
    get_password_reset,
    get_token,
    get_user,
    list_tokens,
    list_users,
)
from service.domain.accounts.tables import ApiToken, PasswordReset, Role, Scope, SignIn, User
from tests.worlds import World

PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def chosen() -> NewPassword:
    """PASSWORD, hashed once for all tests."""
    return choose_password(PASSWORD, "ada@example.org")


def make_user(session: Session, *roles: Role, email: str = "ada@example.org", **more: Any) -> User:
    return create_user(session, SYSTEM, NewUser(email=email, name="Ada", roles=list(roles)), **more)


def actor_of(session: Session, id: UUID) -> Actor:
    return Actor.of(session.get_one(User, id))


def event_names(session: Session, subject_id: UUID) -> list[str]:
    query = select(EventRow).where(EventRow.subject_id == subject_id)
    return [row.name for row in session.exec(query.order_by(col(EventRow.id)))]


def test_a_user_is_made_found_and_recorded(database: Database, chosen: NewPassword) -> None:
    with database.write() as session:
        user = make_user(session, Role.REVIEWER, Role.ADMIN, email="Ada@EXAMPLE.org")
        session.expire_all()

        assert (user.email, user.email_key) == ("Ada@example.org", "ada@example.org")
        assert user.roles == ["reviewer", "admin"]
        assert user.password_hash is None
        assert event_names(session, user.id) == ["user.created"]


def test_one_mailbox_has_one_account(database: Database) -> None:
    with database.write() as session:
        make_user(session, Role.REVIEWER)
        with pytest.raises(EmailTaken) as refused:
            make_user(session, Role.ADMIN, email="ADA@Example.ORG")

    assert refused.value.code == "email_taken"
    assert refused.value.faults[0].pointer == "/email"


def test_of_two_who_take_an_address_at_once_one_gets_it(database: Database) -> None:
    together, results = Barrier(2), []

    def take() -> None:
        together.wait(10)
        try:
            with database.write() as session:
                make_user(session, Role.REVIEWER)
            results.append("done")
        except Refusal as refusal:
            results.append(refusal.code)

    threads = [Thread(target=take) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(results) == ["done", "email_taken"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"roles": []},
        {"roles": ["owner"]},
        {"name": "\u200b"},
        {"name": "A\u0000"},
        {"email": "a@localhost"},
        {"id": "x"},
    ],
)
def test_a_user_that_makes_no_sense_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        NewUser.model_validate({"email": "a@b.org", "name": "A", "roles": ["admin"], **wrong})


def test_only_admins_manage_users(world: World) -> None:
    wanted = NewUser(email="new@example.org", name="New", roles=[Role.ADMIN])
    with world.database.write() as session:
        colleague = session.get_one(User, world.reviewer2.id)
        for id in (world.recruiter.id, world.reviewer.id):
            me = actor_of(session, id)
            attempts: list[Callable[[], object]] = [
                partial(create_user, session, me, wanted),
                partial(change_user, session, me, colleague, UserChange(name="X")),
                partial(deactivate_user, session, me, colleague),
                partial(reactivate_user, session, me, colleague),
                partial(set_password, session, me, colleague, NewPassword("h")),
                partial(get_user, session, me, colleague.id),
                partial(list_users, session, me, Slice()),
            ]
            for attempt in attempts:
                with pytest.raises(Forbidden):
                    attempt()


def test_an_admin_needs_the_scope_admin_too(world: World) -> None:
    with world.database.write() as session:
        user = session.get_one(User, world.admin.id)
        narrow = Actor.of(user, [Scope.READ, Scope.WRITE])
        with pytest.raises(Forbidden):
            deactivate_user(session, narrow, session.get_one(User, world.reviewer.id))


def test_a_change_says_what_was_before(world: World) -> None:
    with world.database.write() as session:
        me = actor_of(session, world.admin.id)
        user = get_user(session, me, world.reviewer.id, version=Expected(frozenset({1})))
        change_user(session, me, user, UserChange(name="Rita", roles=[Role.RECRUITER]))

        assert (user.name, user.roles, user.version) == ("Rita", ["recruiter"], 2)
        event = session.exec(select(EventRow).where(EventRow.subject_id == user.id)).one()
        assert event.name == "user.changed"
        assert event.payload == {"user_id": str(user.id)}
        detail = session.get_one(EventDetail, event.id).detail
        assert detail["before"] == {"name": "Reviewer", "roles": ["reviewer"]}
        assert detail["after"] == {"name": "Rita", "roles": ["recruiter"]}
        with pytest.raises(Stale):
            get_user(session, me, user.id, version=Expected(frozenset({1})))


def test_what_changes_nothing_is_no_event(world: World) -> None:
    with world.database.write() as session:
        me, user = actor_of(session, world.admin.id), session.get_one(User, world.reviewer.id)
        change_user(session, me, user, UserChange(name="Reviewer"))

        assert (user.version, event_names(session, user.id)) == (1, [])


def test_an_address_may_change_but_not_to_somebody_elses(world: World) -> None:
    with world.database.write() as session:
        me, user = actor_of(session, world.admin.id), session.get_one(User, world.reviewer.id)
        reset = open_password_reset(session, SYSTEM, new_id(), user.email)
        assert reset is not None
        with pytest.raises(EmailTaken):
            change_user(session, me, user, UserChange(email=world.recruiter.email))
        change_user(session, me, user, UserChange(email="rita@example.org"))
        session.expire_all()

        assert user.email_key == "rita@example.org"
        with pytest.raises(LinkInvalid):
            get_password_reset(session, reset.id)


def test_the_last_admin_stays(world: World, chosen: NewPassword) -> None:
    with world.database.write() as session:
        me = actor_of(session, world.admin.id)
        admin = session.get_one(User, world.admin.id)
        with pytest.raises(LastAdmin):
            deactivate_user(session, me, admin)
        with pytest.raises(LastAdmin):
            change_user(session, me, admin, UserChange(roles=[Role.RECRUITER]))
        other = make_user(session, Role.ADMIN, email="second@example.org")
        deactivate_user(session, me, other)
        with pytest.raises(LastAdmin):
            deactivate_user(session, me, admin)
        reactivate_user(session, me, other)
        deactivate_user(session, me, admin)

        assert admin.deactivated_at is not None
        assert event_names(session, other.id) == [
            "user.created",
            "user.deactivated",
            "user.reactivated",
        ]


def test_two_admins_who_demote_each_other_at_once_do_not_both_succeed(database: Database) -> None:
    with database.write() as session:
        ids = [make_user(session, Role.ADMIN, email=f"{n}@example.org").id for n in "ab"]
    together, results = Barrier(2), []

    def demote(me_id: UUID, other_id: UUID) -> None:
        together.wait(10)
        try:
            with database.write() as session:
                mine, other = session.get_one(User, me_id), session.get_one(User, other_id)
                me = Actor.of(mine)  # `mine` stays known to the session, as it was
                change_user(session, me, other, UserChange(roles=[Role.REVIEWER]))
            results.append("done")
        except Refusal as refusal:
            results.append(refusal.code)

    threads = [Thread(target=demote, args=pair) for pair in (ids, ids[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with database.read() as session:
        admins = [user for user in session.exec(select(User)) if Role.ADMIN in user.roles]
    # Who comes second finds itself no admin any more, or the other one the last.
    assert sorted(results) in (["done", "last_admin"], ["done", "forbidden"])
    assert len(admins) == 1


def test_signing_in_hashes_an_old_hash_anew(database: Database) -> None:
    weak = NewPassword(PasswordHasher(time_cost=1, memory_cost=64).hash(PASSWORD))
    with database.write() as session:
        id = make_user(session, Role.REVIEWER, password=weak).id
        sign_in(session, STRANGER, find_password(session, "ada@example.org").prove(PASSWORD))
    with database.write() as session:
        renewed = session.get_one(User, id).password_hash
        assert renewed is not None
        assert not is_outdated(renewed)
        sign_in(session, STRANGER, find_password(session, "ada@example.org").prove(PASSWORD))
        assert session.get_one(User, id).password_hash == renewed


def test_signing_in_takes_the_right_password(database: Database, chosen: NewPassword) -> None:
    with database.write() as session:
        user = make_user(session, Role.REVIEWER, password=chosen)
        proof = find_password(session, "ADA@example.org").prove(PASSWORD)
        made, token = sign_in(session, STRANGER, proof)

        found = find_actor_by_sign_in(session, digest(token))
        assert found is not None
        assert (found[0].id, found[1].id) == (user.id, made.id)
        assert made.expires_at - made.created_at > timedelta(days=6, hours=23)
        event = session.exec(select(EventRow).where(EventRow.name == "user.signed_in")).one()
        assert event.actor_id == user.id
        for email, password in (
            ("ada@example.org", "correct horse batterx"),
            ("nobody@example.org", PASSWORD),
            ("no address", PASSWORD),
            ("ada@example.org", ""),
        ):
            with pytest.raises(WrongPassword):
                find_password(session, email).prove(password)


def test_a_session_ends_after_seven_days_or_twelve_idle_hours(
    database: Database, chosen: NewPassword
) -> None:
    with database.write() as session:
        user = make_user(session, Role.REVIEWER, password=chosen)
        made, token = sign_in(session, STRANGER, Proof(user.id, chosen.hash))
        made.last_seen_at = utc_now() - timedelta(hours=12)
        session.flush()
        assert find_actor_by_sign_in(session, digest(token)) is None
        touch_sign_in(session, Actor.of(user), made)
        session.flush()
        assert find_actor_by_sign_in(session, digest(token)) is not None
        made.expires_at = utc_now()
        session.flush()
        assert find_actor_by_sign_in(session, digest(token)) is None


def test_a_new_password_ends_every_session_and_old_proofs(
    database: Database, chosen: NewPassword
) -> None:
    with database.write() as session:
        user = make_user(session, Role.REVIEWER, password=chosen)
        me = Actor.of(user)
        proof = get_own_password(session, me).prove(PASSWORD)
        _, token = sign_in(session, STRANGER, proof)
        _, text = issue_token(session, me, user, name="ci", scopes=[Scope.READ])
        left = change_password(session, me, proof, choose_password("another long word", user.email))

        assert left == 1
        assert find_actor_by_sign_in(session, digest(token)) is None
        assert find_actor_by_token(session, digest(text)) is not None
        with pytest.raises(WrongPassword):
            sign_in(session, STRANGER, proof)
        assert find_password(session, user.email).prove("another long word").user_id == user.id


def test_a_password_that_is_reset_ends_every_sign_in_and_token(
    world: World, chosen: NewPassword
) -> None:
    def by_mail(session: Session, user: User) -> None:
        reset = open_password_reset(session, SYSTEM, new_id(), user.email)
        assert reset
        reset_password(session, STRANGER, reset.id, chosen)

    def by_command(session: Session, user: User) -> None:
        assert set_password(session, SYSTEM, user, chosen) == 1

    for person, reset in ((world.reviewer, by_mail), (world.reviewer2, by_command)):
        with world.database.write() as session:
            user = session.get_one(User, person.id)
            user.password_hash = chosen.hash
            _, cookie = sign_in(session, STRANGER, Proof(user.id, chosen.hash))
            reset(session, user)

            assert find_actor_by_sign_in(session, digest(cookie)) is None
            assert find_actor_by_token(session, digest(person.token)) is None
            assert event_names(session, user.id)[-2:] == ["user.password_set", "token.revoked"]
    with world.database.read() as session:
        assert find_actor_by_token(session, digest(world.admin.token)) is not None


def test_nobody_changes_anothers_password_with_a_proof(world: World, chosen: NewPassword) -> None:
    with world.database.write() as session:
        user = make_user(session, Role.REVIEWER, password=chosen)
        proof = Proof(user.id, chosen.hash)
        for me in (actor_of(session, world.reviewer.id), STRANGER, SYSTEM):
            with pytest.raises(Forbidden):
                change_password(session, me, proof, chosen)


@pytest.mark.parametrize("password", ["elevenchars", "x" * 201, "Reviewer@Example.org"])
def test_weak_passwords_are_refused(password: str) -> None:
    with pytest.raises(WeakPassword) as refused:
        choose_password(password, "reviewer@example.org")
    assert password not in str(refused.value)


def test_deactivation_ends_sessions_and_tokens_at_once(world: World, chosen: NewPassword) -> None:
    with world.database.write() as session:
        user = make_user(session, Role.REVIEWER, password=chosen)
        _, cookie = sign_in(session, STRANGER, Proof(user.id, chosen.hash))
        _, text = issue_token(session, Actor.of(user), user, name="ci", scopes=[Scope.READ])
        me = actor_of(session, world.admin.id)
        deactivate_user(session, me, user)

        assert find_actor_by_sign_in(session, digest(cookie)) is None
        assert find_actor_by_token(session, digest(text)) is None
        assert find_password(session, user.email).user_id is None
        with pytest.raises(WrongPassword):
            sign_in(session, STRANGER, Proof(user.id, chosen.hash))
        with pytest.raises(UserDeactivated):
            issue_token(session, SYSTEM, user, name="ci", scopes=[Scope.READ])
        reactivate_user(session, me, user)
        session.flush()
        assert find_actor_by_sign_in(session, digest(cookie)) is None
        assert find_actor_by_token(session, digest(text)) is None


def test_signing_out_ends_the_session_on_the_server(
    database: Database, chosen: NewPassword
) -> None:
    with database.write() as session:
        user = make_user(session, Role.REVIEWER, password=chosen)
        made, token = sign_in(session, STRANGER, Proof(user.id, chosen.hash))
        with pytest.raises(Forbidden):
            sign_out(session, STRANGER, made)
        sign_out(session, Actor.of(user), made)
        sign_out(session, Actor.of(user), made)

        assert find_actor_by_sign_in(session, digest(token)) is None
        assert event_names(session, user.id)[-2:] == ["user.signed_in", "user.signed_out"]


def test_asking_for_a_reset_is_the_same_for_known_and_unknown_addresses(world: World) -> None:
    rows = []
    for email in (world.reviewer.email, "nobody@example.org"):
        with world.database.write() as session:
            request_password_reset(session, STRANGER, email)
            newest = session.exec(select(EventRow).order_by(col(EventRow.id).desc())).first()
            assert newest is not None
            assert session.get_one(EventDetail, newest.id).detail == {"email": email}
            rows.append((newest.name, sorted(newest.payload), newest.actor_id))
            assert session.exec(select(PasswordReset)).all() == []

    assert rows == [("user.password_reset_requested", ["reset_id"], None)] * 2


def test_a_reset_works_once_and_for_an_hour(world: World) -> None:
    with world.database.write() as session:
        id, again = new_id(), new_id()
        assert open_password_reset(session, SYSTEM, new_id(), "nobody@example.org") is None
        assert open_password_reset(session, SYSTEM, new_id(), "no address") is None
        reset = open_password_reset(session, SYSTEM, id, world.reviewer.email)
        assert reset is open_password_reset(session, SYSTEM, id, world.reviewer.email)
        other = open_password_reset(session, SYSTEM, again, world.reviewer.email)
        assert (reset is not None, other is not None) == (True, True)
        email = get_password_reset(session, id).user.email
        user = reset_password(session, STRANGER, id, choose_password(PASSWORD, email))
        session.expire_all()

        assert find_password(session, email).prove(PASSWORD).user_id == world.reviewer.id
        for used in (id, again, new_id()):
            with pytest.raises(LinkInvalid):
                reset_password(session, STRANGER, used, NewPassword("x"))
        assert event_names(session, user.id)[-2:] == ["user.password_set", "token.revoked"]


def test_a_flood_of_requests_makes_few_resets_and_never_keeps_the_owner_out(world: World) -> None:
    with world.database.write() as session:
        ask = partial(open_password_reset, session, SYSTEM, email=world.reviewer.email)
        made = [ask(new_id()) for _ in range(MOST_RESETS + 1)]

        assert [one is None for one in made] == [False] * MOST_RESETS + [True]
        assert made[0]
        assert get_password_reset(session, made[0].id).user.id == world.reviewer.id
        made[0].expires_at = utc_now()
        session.flush()
        assert ask(new_id()) is not None


def test_an_old_reset_and_one_of_a_deactivated_user_are_worth_nothing(world: World) -> None:
    with world.database.write() as session:
        old = open_password_reset(session, SYSTEM, new_id(), world.reviewer.email)
        ended = open_password_reset(session, SYSTEM, new_id(), world.reviewer2.email)
        assert old
        assert ended
        old.expires_at = utc_now()
        user = session.get_one(User, world.reviewer2.id)
        deactivate_user(session, actor_of(session, world.admin.id), user)
        session.expire_all()
        for reset in (old, ended):
            with pytest.raises(LinkInvalid):
                reset_password(session, STRANGER, reset.id, NewPassword("x"))
            with pytest.raises(LinkInvalid):
                get_password_reset(session, reset.id)
        assert open_password_reset(session, SYSTEM, new_id(), world.reviewer2.email) is None


def test_a_token_is_kept_as_a_digest_and_never_reaches_further_than_its_maker(
    world: World,
) -> None:
    with world.database.write() as session:
        user = session.get_one(User, world.reviewer.id)
        narrow = Actor.of(user, [Scope.READ, Scope.WRITE])
        with pytest.raises(Forbidden):
            issue_token(session, narrow, user, name="x", scopes=[Scope.READ, Scope.EXPORT])
        with pytest.raises(ExpiryPast):
            issue_token(session, narrow, user, name="x", scopes=[], expires_at=utc_now())
        token, text = issue_token(session, narrow, user, name="x", scopes=[Scope.READ])

        assert text.startswith(token.prefix)
        assert len(text) > len(token.prefix) + 30
        assert token.token_digest == digest(text)
        found = find_actor_by_token(session, digest(text))
        assert found is not None
        assert found[0].scopes == {Scope.READ}
        token.expires_at = utc_now()
        session.flush()
        assert find_actor_by_token(session, digest(text)) is None


def by_token(session: Session, text: str) -> Actor:
    found = find_actor_by_token(session, digest(text))
    assert found
    return found[0]


def test_a_token_made_with_a_token_lasts_no_longer_and_ends_with_it(world: World) -> None:
    with world.database.write() as session:
        user, soon = session.get_one(User, world.reviewer.id), utc_now() + timedelta(days=1)
        issue = partial(issue_token, session, user=user, name="x", scopes=[Scope.READ])
        first, text = issue(actor=Actor.of(user), expires_at=soon)
        thief = by_token(session, text)
        with pytest.raises(ExpiryLate):
            issue(actor=thief, expires_at=soon + timedelta(seconds=1))
        second, text = issue(actor=thief)
        third, text = issue(actor=by_token(session, text), expires_at=soon - timedelta(hours=1))
        aside, _ = issue(actor=Actor.of(user))

        assert (second.expires_at, third.made_with) == (soon, second.id)
        revoke_token(session, Actor.of(user), first)
        assert [one.revoked_at is None for one in (first, second, third, aside)] == [
            *(False, False, False, True)
        ]
        assert event_names(session, user.id).count("token.revoked") == 3


def test_a_token_that_is_being_revoked_makes_no_other(world: World) -> None:
    with world.database.write() as session:
        user = session.get_one(User, world.reviewer.id)
        token, text = issue_token(session, Actor.of(user), user, name="x", scopes=[Scope.READ])
        me = by_token(session, text)
        revoke_token(session, Actor.of(user), token)
        with pytest.raises(Unknown):  # it was found good before, and is not any more
            issue_token(session, me, user, name="y", scopes=[Scope.READ])


def test_a_token_that_makes_another_while_it_is_revoked_takes_it_along(world: World) -> None:
    def revoke(token_id: UUID) -> None:
        with world.database.write() as session:
            me = actor_of(session, world.reviewer.id)
            revoke_token(session, me, get_token(session, me, token_id))

    with world.database.write() as session:
        user = session.get_one(User, world.reviewer.id)
        me = by_token(session, world.reviewer.token)
        assert me.token_id
        made, _ = issue_token(session, me, user, name="y", scopes=[Scope.READ])
        other = Thread(target=revoke, args=[me.token_id])
        other.start()
    other.join()

    assert world.reload(ApiToken, made.id).revoked_at is not None


def test_a_person_has_only_so_many_good_tokens(world: World) -> None:
    with world.database.write() as session:
        user = session.get_one(User, world.reviewer.id)
        issue = partial(issue_token, session, Actor.of(user), user, name="x", scopes=[Scope.READ])
        made = [issue()[0] for _ in range(MOST_TOKENS - 1)]
        with pytest.raises(TooManyTokens):
            issue()
        revoke_token(session, Actor.of(user), made[0])
        made[1].expires_at = utc_now()
        session.flush()
        issue()
        issue()
        assert revoke_tokens(session, Actor.of(user), user) == MOST_TOKENS


def test_tokens_are_ones_own_and_the_admins_affair(world: World) -> None:
    with world.database.write() as session:
        reviewer, admin = actor_of(session, world.reviewer.id), actor_of(session, world.admin.id)
        other = session.get_one(User, world.reviewer2.id)
        for somebody in (reviewer, admin):  # who holds a token sees with its user's eyes
            with pytest.raises(Forbidden):
                issue_token(session, somebody, other, name="x", scopes=[Scope.READ])
        token, text = issue_token(session, SYSTEM, other, name="x", scopes=[Scope.READ])
        with pytest.raises(NotFound):
            get_token(session, reviewer, token.id)
        with pytest.raises(Forbidden):
            revoke_token(session, reviewer, token)
        mine = list_tokens(session, reviewer, Slice()).items
        assert {one.user_id for one in mine} == {world.reviewer.id}
        assert len(list_tokens(session, admin, Slice()).items) == 7
        revoke_token(session, admin, get_token(session, admin, token.id))
        revoke_token(session, admin, token)

        assert find_actor_by_token(session, digest(text)) is None
        assert event_names(session, other.id) == ["token.issued", "token.revoked"]


def test_use_is_noted_without_an_event(world: World) -> None:
    with world.database.write() as session:
        me = actor_of(session, world.reviewer.id)
        token = list_tokens(session, me, Slice()).items[0]
        touch_token(session, me, token)

        assert token.last_used_at is not None
        assert event_names(session, me.user_id) == []
        with pytest.raises(Forbidden):
            touch_token(session, actor_of(session, world.admin.id), token)


def test_lists_page_and_can_begin_at_a_time(world: World) -> None:
    with world.database.write() as session:
        me = actor_of(session, world.admin.id)
        first = list_users(session, me, Slice(limit=4))
        rest = list_users(session, me, Slice(limit=4, after=first.next))
        assert [len(first.items), len(rest.items), rest.next] == [4, 2, None]
        started = utc_now()
        change_user(session, me, session.get_one(User, world.reviewer.id), UserChange(name="R"))
        later = list_users(session, me, Slice(), updated_since=started).items
        assert [user.id for user in later] == [world.reviewer.id]
        issue_token(session, me, get_me(session, me), name="x", scopes=[Scope.READ])
        newer = list_tokens(session, me, Slice(), user_id=me.id, updated_since=started).items
        assert [token.name for token in newer] == ["x"]


def test_no_secret_is_stored(world: World, chosen: NewPassword) -> None:
    with world.database.write() as session:
        user = make_user(session, Role.REVIEWER, password=chosen)
        _, cookie = sign_in(session, STRANGER, Proof(user.id, chosen.hash))
        _, text = issue_token(session, Actor.of(user), user, name="ci", scopes=[Scope.READ])
        stored = repr(
            [session.exec(select(kind)).all() for kind in (User, SignIn, ApiToken, EventRow)]
            + [row.detail for row in session.exec(select(EventDetail))]
        )
    assert [secret in stored for secret in (PASSWORD, cookie, text)] == [False] * 3
