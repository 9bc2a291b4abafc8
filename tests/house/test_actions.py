"""An action starts with (session, actor) and leaves a fact; when it commits is not its affair."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOMAIN = ROOT / "service" / "domain"
MODULES = sorted([*DOMAIN.glob("*/actions.py"), *DOMAIN.glob("*/actions/*.py")])

# What stands among the actions and is none: it checks or counts, and changes nothing by itself.
NO_ACTIONS = {
    "check_answers": "looks at answers and gives them back as they are stored",
    "find_answers": "looks at answers and gives them back with what is wrong",
    "pointer": "says where in a document something is",
    "check_content": "looks at what was sent",
    "check_evidence": "looks at what was sent",
    "place_files": "says where each file belongs",
    "add_evidence": "writes the rows of a revision, which the caller records",
    "add_files": "writes the rows of a revision, which the caller records",
    "announce_blob": "notes that bytes come, which is no fact until somebody points to them",
    "count_blobs": "counts who needs a file, for the caller who records the change",
    "release_blobs": "counts who needs a file, for the caller who records the change",
    "add_words": "makes what a revision is found by, for the caller who records it",
    "words_of": "makes what a revision is found by, as a row that the caller adds",
    "add_missing_words": "makes anew what is made of other rows",
    "add_words_of_file": "makes anew what is made of other rows",
    "add_words_of_files": "makes anew what is made of other rows",
    "keep_text": "keeps what is made of a file's bytes",
    "proven": "looks whether a password that was proven is still the password",
    "hold_user": "locks somebody, for the caller who changes what is theirs",
    "end_sign_ins": "ends what a password opened, for the caller who records why",
    "end_resets": "ends links to reset, for the caller who records why",
    "check_ratings": "looks at ratings",
    "judged_revision": "looks which revision is meant",
    "find_missing": "says what a scorecard lacks",
    "composite": "computes a number",
}
# Actions that leave no fact.
SILENT = {
    "touch_token": "when a token was last used is no change that anybody must explain",
    "touch_sign_in": "when a browser was last seen is no change that anybody must explain",
}
FORBIDDEN_CALLS = {"begin", "begin_nested", "commit", "rollback", "close"}
FORBIDDEN_MODULES = {
    "email",
    "fastapi",
    "httpx2",
    "jinja2",
    "smtplib",
    "starlette",
    "service.core.mail",
    "service.doors",
    "service.settings",
}

Place = tuple[Path, str]


def _defined() -> dict[Place, ast.FunctionDef]:
    return {
        (module, node.name): node
        for module in MODULES
        for node in ast.parse(module.read_text()).body
        if isinstance(node, ast.FunctionDef)
    }


FUNCTIONS = _defined()
PUBLIC = [place for place in FUNCTIONS if not place[1].startswith("_")]
ACTIONS = [place for place in PUBLIC if place[1] not in NO_ACTIONS]


def _words(place: Place) -> str:
    return f"{place[0].relative_to(DOMAIN).with_suffix('')}:{place[1]}"


def _called(function: ast.FunctionDef) -> Iterator[str]:
    """Names of what it calls: `record_it` and `outbox.record`."""
    for node in ast.walk(function):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func)


def _found(name: str, caller: Place) -> Iterator[Place]:
    """The function of that name in the same module, else whatever is public among the actions."""
    if (caller[0], name) in FUNCTIONS:
        yield caller[0], name
    else:
        yield from (place for place in PUBLIC if place[1] == name)


def _records(place: Place, seen: frozenset[Place] = frozenset()) -> bool:
    if place in seen:
        return False
    names = set(_called(FUNCTIONS[place]))
    below = (found for name in names for found in _found(name, place))
    return "outbox.record" in names or any(_records(one, seen | {place}) for one in below)


@pytest.mark.parametrize("place", ACTIONS, ids=_words)
def test_an_action_says_in_which_transaction_and_for_whom(place: Place) -> None:
    assert [argument.arg for argument in FUNCTIONS[place].args.args][:2] == ["session", "actor"]


@pytest.mark.parametrize("place", [one for one in ACTIONS if one[1] not in SILENT], ids=_words)
def test_an_action_leaves_a_fact(place: Place) -> None:
    assert _records(place)


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(DOMAIN)))
def test_an_action_leaves_the_transaction_to_its_caller(module: Path) -> None:
    calls = {
        node.func.attr
        for node in ast.walk(ast.parse(module.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }

    assert calls & FORBIDDEN_CALLS == set()


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(DOMAIN)))
def test_an_action_knows_neither_http_nor_mail(module: Path) -> None:
    imported = {name for node in ast.walk(ast.parse(module.read_text())) for name in _imports(node)}

    assert {name for name in imported if _beginnings(name) & FORBIDDEN_MODULES} == set()


def _beginnings(name: str) -> set[str]:
    """`a.b.c` → a, a.b, a.b.c."""
    parts = name.split(".")
    return {".".join(parts[:count]) for count in range(1, len(parts) + 1)}


def _imports(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module:
        return [f"{node.module}.{alias.name}" for alias in node.names]
    return []


def test_every_exception_is_still_needed() -> None:
    assert {*NO_ACTIONS, *SILENT} <= {name for _, name in PUBLIC}


def test_what_is_no_action_asks_for_no_actor() -> None:
    wanting = {
        _words(place)
        for place in PUBLIC
        if place[1] in NO_ACTIONS
        and "actor" in [argument.arg for argument in FUNCTIONS[place].args.args]
    }

    assert wanting == set()
