"""What the pages name is there: each command of the terminal with the options written behind it, each file."""
import re
import shlex
from functools import cache
from pathlib import Path

import click
import pytest

from cli import COMMANDS, load_command

ROOT = Path(__file__).parents[2]
PAGES = [*sorted((ROOT / "docs").rglob("*.md")),
         *(ROOT / name for name in ("README.md", "CHANGELOG.md", "tests/README.md", "bench/README.md"))]
_OF_FLASK = {"run", "routes", "shell"}
_NAMES = re.compile(r"`(?:flask|guildhall) ([a-z][^`]*)`")
_TYPED = re.compile(r"^ *(?:\$ )?(?:\.venv/bin/)?(?:flask|guildhall) ([a-z][^\n#|]*)", re.MULTILINE)
_FILE = re.compile(r"(?<![\w/`.-])`?((?:app|blueprints|cli|tests|bench)/[\w/]+\.py)")
_OF_THE_EXAMPLE = "pickup_point"
_loaded = cache(load_command)


def commands_of(text: str) -> set[str]:
    """Return what pages write behind `flask` or `guildhall`, in a sentence or on a line of its own."""
    return {*_NAMES.findall(re.sub(r"\n *", " ", text)), *_TYPED.findall(text)}


def unknown_words(line: str) -> list[str]:
    """Return the commands and options of a line that the terminal does not have; `…` stands for anything."""
    first, *words = shlex.split(line.replace("…", " "), posix=False)
    if first in _OF_FLASK or first not in COMMANDS:
        return [] if first in _OF_FLASK else [first]
    found = [_loaded(first)]
    while words and isinstance(group := found[0], click.Group):
        names = words[0].split("|")
        if not set(names) & set(group.commands):
            break
        if unknown := [name for name in names if name not in group.commands]:
            return unknown
        found = [group.commands[name] for name in names]
        words.pop(0)
    if words and isinstance(found[0], click.Group) and not words[0].startswith("-") and (
            not found[0].invoke_without_command):
        return words[:1]
    options = {name for command in found for one in command.params for name in (*one.opts, *one.secondary_opts)}
    asked = [word.strip("[]().,;:").partition("=")[0] for word in words if word.strip("[(").startswith("--")]
    return [option for option in asked if option not in options | {"--help"}]


@pytest.mark.parametrize(("line", "unknown"), [
    ("users find ada --reveal", []), ("orders list|find|show", []), ("nothing", ["nothing"]),
    ("orders list|sell", ["sell"]), ("users serch ada", ["serch"]), ("backup create --sealed", ["--sealed"])])
def test_a_command_or_an_option_that_is_not_there_is_found(line: str, unknown: list[str]) -> None:
    assert unknown_words(line) == unknown


def test_each_command_that_a_page_names_is_there_with_its_options() -> None:
    named = {(page.name, line) for page in PAGES for line in commands_of(page.read_text()) if " | " not in line}
    assert len(named) > 250
    assert {(page, line): unknown for page, line in sorted(named) if (unknown := unknown_words(line))} == {}


def test_each_file_of_the_code_that_a_page_names_is_there() -> None:
    named = {(page.name, path) for page in PAGES for path in _FILE.findall(page.read_text())}
    assert len(named) > 150
    assert [(page, path) for page, path in sorted(named)
            if _OF_THE_EXAMPLE not in path and not (ROOT / path).exists()] == []
