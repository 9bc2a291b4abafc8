"""What git tracks says nothing of the machine it was written on, and puts nothing off."""

import ast
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# Put together from pieces: this file is tracked, too.
REGISTRIES = [
    "py" + "pi.org",
    "python" + "hosted.org",
    "npm" + "js.org",
    "npm" + "js.com",
    "proxy.go" + "lang.org",
    "crates" + ".io",
    "docker" + ".io",
    "gh" + "cr.io",
    "qu" + "ay.io",
]
FORBIDDEN = {
    "a registry's host": "|".join(map(re.escape, REGISTRIES)),
    "a path of one machine": r"(?<![\w.:/-])/(?:" + "|".join(["wo" + "rk", "ro" + "ot"]) + r")\b/",
    "somebody's home": r"(?<![\w.])/(?:ho" + r"me|Us" + r"ers)/[a-z]",
    "a silenced type checker": "type" + r": *ignore|# *py" + "right:",
    "work put off": r"\b(?:TO" + "DO|FIX" + r"ME)\b",
}
FORBIDDEN_IN_TESTS = {
    "a sleep": r"\btime\.sl" + r"eep\(",
    "a test that does not run": r"\b(?:sk" + r"ip|skip" + r"if|xf" + r"ail|import" + r"orskip)\(",
}


@cache
def tracked() -> dict[str, str]:
    """The text of each file that git tracks and that is there."""
    git = shutil.which("git")
    assert git
    listed = subprocess.run([git, "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    paths = [ROOT / name for name in listed.stdout.decode().split("\0") if name]
    return {
        str(path.relative_to(ROOT)): path.read_text(errors="replace")
        for path in paths
        if path.is_file()
    }


def matching(pattern: str, texts: dict[str, str]) -> list[str]:
    """Where a pattern occurs, as `file:line`."""
    return [
        f"{name}:{text.count(chr(10), 0, found.start()) + 1}"
        for name, text in texts.items()
        for found in re.finditer(pattern, text)
    ]


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_holds(what: str) -> None:
    assert len(tracked()) > 100
    assert matching(FORBIDDEN[what], tracked()) == []


@pytest.mark.parametrize("what", FORBIDDEN_IN_TESTS)
def test_no_test_holds(what: str) -> None:
    tests = {name: text for name, text in tracked().items() if name.startswith("tests/")}

    assert matching(FORBIDDEN_IN_TESTS[what], tests) == []


def test_the_patterns_find_what_they_are_for() -> None:
    samples = {
        "a registry's host": f"see https://{REGISTRIES[0]}/x",
        "a path of one machine": "in /" + "root/x",
        "somebody's home": "in /" + "home/ada",
        "a silenced type checker": "x  # type" + ": ignore[arg]",
        "work put off": "# TO" + "DO: later",
    }

    assert {what: len(matching(FORBIDDEN[what], {"": text})) for what, text in samples.items()} == (
        dict.fromkeys(FORBIDDEN, 1)
    )


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        name
        for name, text in tracked().items()
        if name.endswith(".py") and text.strip() and not ast.get_docstring(ast.parse(text))
    ]

    assert silent == []


LONGEST_FILE, LONGEST_FUNCTION = 300, 30  # lines; of a function without its docstring
Function = ast.FunctionDef | ast.AsyncFunctionDef


def test_no_file_of_the_service_is_long() -> None:
    long = [
        name
        for name, text in tracked().items()
        if name.startswith("service/") and text.count("\n") > LONGEST_FILE
    ]

    assert long == []


def test_no_function_of_the_service_is_long() -> None:
    lengths = {
        f"{name}:{node.name}": length_of(node)
        for name, text in tracked().items()
        if name.startswith("service/") and name.endswith(".py")
        for node in ast.walk(ast.parse(text))
        if isinstance(node, Function)
    }

    assert len(lengths) > 1000
    assert [one for one, length in lengths.items() if length > LONGEST_FUNCTION] == []


def length_of(function: Function) -> int:
    """From `def` to its last line; the docstring does not count."""
    first, whole = function.body[0], (function.end_lineno or 0) - function.lineno + 1
    if ast.get_docstring(function) is None:
        return whole
    return whole - ((first.end_lineno or 0) - first.lineno + 1)


def test_the_length_of_a_function_is_counted_without_its_docstring() -> None:
    written = 'def f(\n    a: int,\n) -> int:\n    """One.\n\n    Two.\n    """\n    return a\n'

    assert length_of(next(n for n in ast.walk(ast.parse(written)) if isinstance(n, Function))) == 4
