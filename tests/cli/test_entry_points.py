"""What wsgi.py hands to whoever loads it: servers get the whole system, `flask` looking up a name its commands."""
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner
from click.types import StringParamType
from flask import Flask
from flask.cli import FlaskGroup

import cli
from cli import COMMANDS, CommandIndex, attach_commands, load_command, wsgi_application
from cli.terminal import TABLE_COLUMNS

SYSTEM = Flask("the whole system")
_RUNS, _ALEMBIC = "runs until it is stopped", "Alembic's own, with the options of its manual"
OTHERWISE = {
    **dict.fromkeys((
        "events relay", "jobs worker", "jobs scheduler", "organization relay", "serve", "webhooks send"), _RUNS),
    **{f"db {name}": _ALEMBIC for name in (
        "branches", "check", "current", "downgrade", "edit", "heads", "history", "init", "list-templates", "merge",
        "migrate", "revision", "show", "stamp", "upgrade")},
    "backup key": "writes a file of 32 random bytes, never over another",
    "moderate audit export": "prints lines of JSON anyway",
    "moderate ladder": "a short word for `moderate ladder list`",
    "moderate rules": "a short word for `moderate rules list`",
    "prepare": "the units run it before each start; `flask upgrade` is what one types",
}
"""The commands that have other options than those of a reading or a changing one, each with the reason."""
LISTING = {"list", "log", "keys", "queue", "status", "outbox"}
LISTS_NOTHING = {"demo": "makes things", "db": "of Alembic; `db history` shows the migrations",
                 **dict.fromkeys(("doctor", "prepare", "serve", "settings", "status"), "a single command"),
                 "upgrade": "`upgrade check` shows what is pending"}
FINDS_NOTHING = {"auth": "a few keys a realm", "backup": "files of one folder", "index": "a dozen indexes",
                 "moderate bulk": "the latest, which are named by number", "moderate ladder": "a few steps",
                 "moderate rules": "a dozen rules"}
"""Groups that list what is looked over at a glance."""
TYPED_FREELY = {
    "text", "search", "title", "comment", "question", "reason", "name", "fullname", "external_id", "edrpou", "carrier",
    "tracking", "phrase", "steps", "keep", "delimiter", "amount", "month", "since", "until", "email", "password", "url",
    "to", "tenants", "address", "recipient", "organization tenant add tenant_id",
    "equipment client add user_id", "equipment client list user_id",  # a person of elsewhere: the registry keeps none
    "organization history resource_id",  # it stands in the tenant's own database
}
"""What a TAB can offer nobody: words of one's own, numbers, times, places; addresses are shown to nobody."""
_OF_EVERY_LIST = {"as_json", "limit", "realm", "folder", "operator"}


@pytest.fixture(autouse=True)
def _no_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "_whole_system", lambda: SYSTEM)


def test_a_server_gets_the_whole_system() -> None:
    assert wsgi_application() is SYSTEM


def test_a_server_that_is_a_click_program_gets_the_whole_system() -> None:
    with click.Context(click.Command("granian")):
        assert wsgi_application() is SYSTEM


def test_flask_looking_up_a_command_gets_the_index_and_the_command_itself_the_whole_system() -> None:
    with click.Context(FlaskGroup("flask")) as looking_up:
        assert isinstance(wsgi_application(), CommandIndex)
        with click.Context(click.Command("doctor"), parent=looking_up):
            assert wsgi_application() is SYSTEM


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_of_a_groups_commands_is_not_cut_off(name: str) -> None:
    command = load_command(name)
    listed = command.get_help(click.Context(command, info_name=name)).partition("\nCommands:")[2]
    assert "..." not in listed


def commands_below(words: tuple[str, ...], command: click.Command) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Yield a command, and all that stand below it at any depth, each with the words that call it."""
    yield words, command
    for name, member in command.commands.items() if isinstance(command, click.Group) else ():
        yield from commands_below((*words, name), member)


@pytest.mark.parametrize("group", sorted(COMMANDS))
def test_the_help_of_each_command_at_any_depth_has_an_example_and_fits_a_hundred_columns(group: str) -> None:
    for words, command in commands_below((group,), load_command(group)):
        told = CliRunner().invoke(command, ["--help"], prog_name=f"flask {' '.join(words)}")
        assert told.exit_code == 0, (words, told.output)
        assert "Example: " in told.output, words
        example = " ".join(told.output.split()).partition("Example: ")[2]
        assert f"flask {' '.join(words)}" in example, (words, example)
        assert max(len(line) for line in told.output.splitlines()) <= TABLE_COLUMNS, words
        assert command.help, words
        if words[0] != "db":  # Alembic's own
            assert [one.name for one in command.params if isinstance(one, click.Option) and not one.help] == [], words


@pytest.mark.parametrize("group", sorted(COMMANDS))
def test_every_reading_command_has_json_and_every_changing_one_dry_run_yes_and_json(group: str) -> None:
    """A command that has only some of these options belongs to neither kind."""
    for words, command in commands_below((group,), load_command(group)):
        if isinstance(command, click.Group) and not command.invoke_without_command:
            continue
        has = {option.name for option in command.params} & {"dry_run", "yes", "as_json"}
        is_either = has in ({"as_json"}, {"dry_run", "yes", "as_json"})
        assert is_either is not (" ".join(words) in OTHERWISE), (words, has)


@pytest.mark.parametrize("group", sorted(COMMANDS))
def test_whoever_and_whatever_is_named_is_offered_at_a_tab(group: str) -> None:
    """All but what stands in TYPED_FREELY, and Alembic's own options."""
    missing = {f"{' '.join(words)} {one.name}" for words, command in commands_below((group,), load_command(group))
               if words != ("db",) and OTHERWISE.get(" ".join(words)) is not _ALEMBIC for one in command.params
               if type(one.type) is StringParamType and one._custom_shell_complete is None}
    assert {said for said in missing if said not in TYPED_FREELY and said.split()[-1] not in TYPED_FREELY} == set()


def test_every_group_lists_what_it_is_about() -> None:
    for group in sorted(COMMANDS):
        below = {words[-1] for words, _ in commands_below((group,), load_command(group)) if len(words) > 1}
        assert bool(LISTING & below) is not (group in LISTS_NOTHING), group


def test_every_group_finds_or_narrows_what_it_lists() -> None:
    """At whatever depth: `moderate words` and `equipment client` are groups, too."""
    for words, group in (one for name in sorted(COMMANDS) for one in commands_below((name,), load_command(name))):
        members = group.commands if isinstance(group, click.Group) else {}
        narrowed = {one.name for name in LISTING & members.keys() for one in members[name].params} - _OF_EVERY_LIST
        if LISTING & members.keys():
            assert bool("find" in members or narrowed) is not (" ".join(words) in FINDS_NOTHING), (words, narrowed)


@pytest.mark.parametrize(("words", "meant"), [(("moderate", "resolv"), "resolve"), (("users", "shwo"), "show"),
                                              (("moderate", "words", "ad"), "add")])
def test_a_command_that_is_not_known_names_the_one_that_was_meant(words: tuple[str, ...], meant: str) -> None:
    told = CliRunner().invoke(load_command(words[0]), words[1:])
    assert (told.exit_code, meant in told.stderr.partition("Did you mean")[2]) == (2, True), told.output


@pytest.mark.parametrize(("typed", "meant"), [("ordres", "orders"), ("auction", "auctions"), ("job", "jobs")])
def test_a_group_that_is_not_known_names_the_one_that_was_meant(typed: str, meant: str) -> None:
    told = CliRunner().invoke(FlaskGroup("flask", create_app=wsgi_application), [typed])
    assert (told.exit_code, f"'{meant}'" in told.stderr.partition("Did you mean")[2]) == (2, True), told.output


@pytest.mark.parametrize(("typed", "begun", "offered"), [
    ((), "order", {"orders"}), (("users",), "fi", {"find"}), (("moderate", "words"), "ad", {"add"}),
    (("orders", "list"), "--j", {"--json"}), (("users", "list", "--realm"), "net", {"network"}),
])
def test_completing_offers_what_fits_and_makes_no_application(
        monkeypatch: pytest.MonkeyPatch, typed: tuple[str, ...], begun: str, offered: set[str]) -> None:
    for made in ("_whole_system", "_terminal_application"):
        monkeypatch.setattr(cli, made, lambda: pytest.fail("completing made an application"))
    index = click.Group("flask")
    attach_commands(index)
    found = ShellComplete(index, {}, "flask", "_FLASK_COMPLETE").get_completions([*typed], begun)
    assert {item.value for item in found} == offered


def test_every_command_of_moderation_stands_in_its_guide() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "moderation.md").read_text()
    moderate = load_command("moderate")
    assert isinstance(moderate, click.Group)
    assert [name for name in moderate.commands if not re.search(rf"(?<![\w-]){name}(?![\w-])", guide)] == []
