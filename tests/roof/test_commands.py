"""What an operator types, and what comes of it."""

import re
import sqlite3
from contextlib import closing
from importlib.metadata import version
from pathlib import Path

import pytest

from service.core.migrations import head
from tests.core.test_mail import Postbox, server
from tests.roof.processes import exhibit

ADA = ("--name", "Ada", "--email", "ada@example.org", "--password", "correct horse staple")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    assert exhibit(tmp_path, "init", *ADA).returncode == 0
    return tmp_path


def rows(folder: Path, statement: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(folder / "var" / "exhibit.db")) as connection:
        return connection.execute(statement).fetchall()


def test_init_makes_the_first_admin_and_only_the_first(folder: Path) -> None:
    again = exhibit(folder, "init", *ADA)

    assert rows(folder, "SELECT email, roles FROM user_account") == [
        ("ada@example.org", '["admin"]')
    ]
    assert again.returncode == 1
    assert again.stderr == ("exhibit: Somebody works here already: use `exhibit user add`.\n")


@pytest.mark.parametrize(
    ("email", "password", "said"),
    [
        (
            "nobody",
            "correct horse staple",
            "email: Enter one e-mail address, like name@example.com.",
        ),
        ("ada@example.org", "short", "Choose another password: use at least 12 characters."),
    ],
)
def test_init_makes_nothing_for_who_cannot_be_let_in(
    tmp_path: Path, email: str, password: str, said: str
) -> None:
    answer = exhibit(tmp_path, "init", "--name", "Ada", "--email", email, "--password", password)

    assert answer.returncode == 1
    assert answer.stderr == f"exhibit: {said}\n"
    assert list(tmp_path.iterdir()) == []


def test_who_was_let_go_is_let_in_again_knowingly(folder: Path) -> None:
    add = ("user", "add", "bob@example.org", "--name", "Bob", "--role", "reviewer")
    assert exhibit(folder, *add).returncode == 0
    assert exhibit(folder, "user", "deactivate", "bob@example.org").returncode == 0
    reset = exhibit(folder, "user", "reset", "bob@example.org")
    refused = exhibit(folder, "token", "issue", "bob@example.org")
    back = exhibit(folder, "user", "reactivate", "bob@example.org")
    token = exhibit(folder, "token", "issue", "bob@example.org")

    assert reset.stdout.splitlines()[1] == (
        "the account is deactivated: `exhibit user reactivate bob@example.org` opens it again"
    )
    assert refused.returncode == 1
    assert back.stdout == "bob@example.org may sign in again\n"
    assert token.returncode == 0


def test_people_come_and_go(folder: Path) -> None:
    added = exhibit(folder, "user", "add", "bob@example.org", "--name", "Bob", "--role", "reviewer")
    twice = exhibit(folder, "user", "add", "bob@example.org", "--name", "Bob", "--role", "reviewer")
    reset = exhibit(folder, "user", "reset", "bob@example.org")
    gone = exhibit(folder, "user", "deactivate", "bob@example.org")
    last = exhibit(folder, "user", "deactivate", "ada@example.org")
    nobody = exhibit(folder, "user", "reset", "eve@example.org")

    assert re.search(r"with the password \S{16}$", added.stdout.strip())
    assert re.search(r"has a new password: \S{16}$", reset.stdout.strip())
    assert [added.returncode, twice.returncode, reset.returncode, gone.returncode] == [0, 1, 0, 0]
    assert last.returncode == 1
    assert twice.stderr == "exhibit: Somebody here has this e-mail address already.\n"
    assert nobody.stderr == "exhibit: Nobody has the address eve@example.org.\n"
    closed = "SELECT email FROM user_account WHERE deactivated_at IS NOT NULL"
    assert rows(folder, closed) == [("bob@example.org",)]


def test_tokens_are_shown_once_and_can_be_ended(folder: Path) -> None:
    issued = exhibit(folder, "token", "issue", "ada@example.org", "--scope", "read")
    prefix = str(rows(folder, "SELECT prefix FROM api_token")[0][0])
    revoked = exhibit(folder, "token", "revoke", prefix)
    again = exhibit(folder, "token", "revoke", prefix)

    assert issued.stdout.startswith(prefix)
    assert rows(folder, "SELECT scopes FROM api_token") == [('["read"]',)]
    assert revoked.stdout == "revoked: 1\n"
    assert again.returncode == 1


def test_backup_and_restore_by_command(folder: Path) -> None:
    backup = exhibit(folder, "backup", "copy.tar")
    kept = exhibit(folder, "restore", "copy.tar")
    forced = exhibit(folder, "restore", "copy.tar", "--force")

    assert [backup.returncode, kept.returncode, forced.returncode] == [0, 1, 0]
    assert rows(folder, "SELECT email FROM user_account") == [("ada@example.org",)]


def test_check_says_line_by_line_what_is_well(folder: Path) -> None:
    answer = exhibit(folder, "check")

    assert answer.returncode == 0, answer.stdout
    subjects = [line.split(": ")[:2] for line in answer.stdout.splitlines()]
    names = ["settings", "database", "migrations", "chain", "work", "files", "mail"]
    assert subjects == [["ok", name] for name in names]


def test_check_speaks_of_a_sign_in_only_where_there_is_one(folder: Path) -> None:
    with server(Postbox()) as mailer:
        where = {"mail__host": mailer.host, "mail__port": str(mailer.port)}
        answer = exhibit(folder, "check", **where, mail__security="none")

    assert "ok: mail: 127.0.0.1 takes letters without a sign-in" in answer.stdout


def test_check_says_what_is_wrong_and_how_to_mend_it(folder: Path) -> None:
    answer = exhibit(
        folder,
        "check",
        host="0.0.0.0",
        mail__host="127.0.0.1",
        mail__port="1",
        mail__timeout="2",
        blobs__url="/proc/nowhere",
        company__logo="nowhere.png",
    )

    assert answer.returncode == 1
    wrong = [line for line in answer.stdout.splitlines() if line.startswith("wrong: ")]
    assert [line.split(": ")[1] for line in wrong] == [*["settings"] * 3, "files", "mail"]
    for line, advice in zip(wrong, ("BASE_URL", "LOGO", "CONTACT", "folder", "PORT"), strict=True):
        assert advice in line
    assert "Traceback" not in answer.stderr


def test_a_store_out_of_reach_is_said_in_a_sentence_with_advice(folder: Path) -> None:
    store = {"blobs__url": "s3://bucket/files", "blobs__s3_endpoint": "http://127.0.0.1:1"}
    answer = exhibit(folder, "check", **store)
    [wrong] = [line for line in answer.stdout.splitlines() if line.startswith("wrong: ")]

    assert wrong.startswith("wrong: files: Trying to write in the file store s3://bucket/files ")
    assert wrong.endswith("they must be allowed to read, write and delete there.")
    assert "EXHIBIT_BLOBS__S3_ENDPOINT" in wrong
    assert "Debug" not in wrong
    assert "{" not in wrong


def test_a_mistyped_setting_is_named_with_what_was_meant(folder: Path) -> None:
    (folder / ".env").write_text("EXHIBIT_BASE_ULR=https://exhibit.example\nOTHER=1\n")
    answer = exhibit(folder, "check", compani__name="Ours")
    refused = exhibit(folder, "check", mail__hots="mail.example")

    assert answer.returncode == 1
    found = [line for line in answer.stdout.splitlines() if line.startswith("wrong: settings: ")]
    assert [line.partition("no setting ")[2] for line in found] == [
        "EXHIBIT_BASE_ULR. Did you mean EXHIBIT_BASE_URL?",
        "EXHIBIT_COMPANI__NAME. Did you mean EXHIBIT_COMPANY__NAME?",
    ]
    assert "no setting EXHIBIT_MAIL__HOTS. Did you mean EXHIBIT_MAIL__HOST?" in refused.stderr


def test_check_in_a_new_folder_says_how_to_begin_and_makes_nothing(tmp_path: Path) -> None:
    answer = exhibit(tmp_path, "check")

    assert answer.returncode == 1
    [wrong] = [line for line in answer.stdout.splitlines() if line.startswith("wrong: ")]
    assert wrong.startswith("wrong: database: ")
    assert "`exhibit run`" in wrong
    assert "`exhibit migrate`" in wrong
    assert list(tmp_path.iterdir()) == []


def test_the_version_is_said(tmp_path: Path) -> None:
    answer = exhibit(tmp_path, "--version")

    assert answer.stdout == f"exhibit {version('exhibit')}\n"
    assert list(tmp_path.iterdir()) == []


def test_check_finds_tables_of_another_version_and_a_changed_history(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "var" / "exhibit.db")) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = 'old'")
    answer = exhibit(folder, "check")
    refused = exhibit(folder, "user", "reset", "ada@example.org")

    assert "wrong: migrations: " in answer.stdout
    assert "run `exhibit migrate`" in refused.stderr
    assert "does not know" in exhibit(folder, "migrate").stderr


def test_migrate_says_that_all_is_done(folder: Path) -> None:
    answer = exhibit(folder, "migrate")

    assert answer.stdout == "the database is at the newest migration\n"
    assert rows(folder, "SELECT version_num FROM alembic_version") == [(head(),)]


def test_a_missing_word_is_explained(folder: Path) -> None:
    answer = exhibit(folder, "user", "add", "bob@example.org")

    assert answer.returncode == 2
    assert "--name" in answer.stderr
