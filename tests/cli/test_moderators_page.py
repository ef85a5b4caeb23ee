"""What the table of docs/moderation.md says to type, typed at the demo from its first line to its last."""
import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest
from click.testing import Result

from app.clock import moved_clock
from app.settings import REALM_CODENAMES
from blueprints.platform.auth.commands import ensure_super_admin
from cli import load_command
from cli.demo_seed import seed_demo
from tests.components import ROOT

PAGE = ROOT / "docs" / "moderation.md"


@pytest.mark.once("the tests of each command run on both databases")
def test_each_command_of_the_page_does_its_work_at_the_demo(run: Callable[..., Result]) -> None:
    for realm in REALM_CODENAMES:
        seed_demo(realm)
        ensure_super_admin(realm, "admin@admin.com", "no hash")
    typed = list(_commands(PAGE))
    assert len(typed) >= 35
    with moved_clock(days=1, minutes=1):  # the winner who has not paid has a day left
        for words in typed:
            told = run(*words, *_more(words))
            assert told.exit_code == 0, f"{words}: {told.output}"


def _commands(page: Path) -> Iterator[list[str]]:
    """Yield the words of each command of the table, behind `flask`."""
    for line in page.read_text().splitlines():
        if line.startswith("| "):
            for said in re.findall(r"`((?:moderate|orders|auctions|users) [^`]+)`", line):
                yield shlex.split(said)


def _more(words: list[str]) -> list[str]:
    """Return who acts, and that it is agreed to, of a command that changes something."""
    found = load_command(words[0])
    for word in words[1:]:
        if isinstance(found, click.Group):
            found = found.commands.get(word, found)
    if not any(option.name == "yes" for option in found.params):
        return []
    return ["--yes"] if "--as" in words else ["--yes", "--as", "ada@example.com"]
