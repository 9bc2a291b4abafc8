"""`user` and `token`: let people and programs in, and out again."""

from datetime import timedelta
from typing import Annotated

import typer

from service.cli.telling import plainly, say, settings_and_logs
from service.core.clock import utc_now
from service.domain.accounts.tables import Role, Scope
from service.operations import people
from service.operations.starting import migrated

user = typer.Typer(help="People who work here.", no_args_is_help=True)
token = typer.Typer(help="Tokens for programs.", no_args_is_help=True)

Email = Annotated[str, typer.Argument(help="The person's e-mail address.")]
Password = Annotated[str, typer.Option(help="Left out: a random one is made and shown.")]


@user.command("add")
@plainly
def user_add(
    email: Email,
    name: Annotated[str, typer.Option(help="The person's name.")],
    role: Annotated[list[Role], typer.Option(help="May be given several times.")],
    password: Password = "",
) -> None:
    """Give somebody an account."""
    chosen = password or people.new_password()
    new = people.account(name=name, email=email, roles=role, password=chosen)
    with migrated(settings_and_logs()) as tools:
        people.add_user(tools, new)
    say(f"{email} may sign in" + ("" if password else f" with the password {chosen}"))


@user.command("reset")
@plainly
def user_reset(email: Email, password: Password = "") -> None:
    """Give somebody a new password; all their sign-ins and tokens end."""
    chosen = password or people.new_password()
    with migrated(settings_and_logs()) as tools:
        ended, may_enter = people.reset_user(tools, email, chosen)
    if ended:
        say(f"tokens revoked: {ended}")
    say(f"{email} has a new password" + ("" if password else f": {chosen}"))
    if not may_enter:
        say(f"the account is deactivated: `exhibit user reactivate {email}` opens it again")


@user.command("deactivate")
@plainly
def user_deactivate(email: Email) -> None:
    """Close an account: sessions and tokens end at once, what was written stays."""
    with migrated(settings_and_logs()) as tools:
        people.close_user(tools, email)
    say(f"{email} may no longer sign in")


@user.command("reactivate")
@plainly
def user_reactivate(email: Email) -> None:
    """Open a closed account again, with its old password; ended sessions and tokens stay ended."""
    with migrated(settings_and_logs()) as tools:
        people.open_user(tools, email)
    say(f"{email} may sign in again")


@token.command("issue")
@plainly
def token_issue(
    email: Email,
    name: Annotated[str, typer.Option(help="What it is for.")] = "command line",
    scope: Annotated[list[Scope] | None, typer.Option(help="May be given several times.")] = None,
    days: Annotated[int, typer.Option(min=1, max=3650, help="Valid for so long.")] = 90,
) -> None:
    """Show a new token, once. Without --scope it may read and write."""
    expires_at = utc_now() + timedelta(days=days)
    scopes = scope or [Scope.READ, Scope.WRITE]
    with migrated(settings_and_logs()) as tools:
        text = people.add_token(tools, email, name=name, scopes=scopes, expires_at=expires_at)
    say(text)


@token.command("revoke")
@plainly
def token_revoke(
    prefix: Annotated[str, typer.Argument(help="How it begins, as lists of tokens show it.")],
) -> None:
    """End a token."""
    with migrated(settings_and_logs()) as tools:
        count = people.close_token(tools, prefix)
    say(f"revoked: {count}")
