"""What wsgi.py hands to whoever loads it: servers get the whole system, `flask` looking up a name its commands."""
import click
import pytest
from flask.cli import FlaskGroup

import cli
from cli import COMMANDS, CommandIndex, load_command, wsgi_application


@pytest.fixture(autouse=True)
def _no_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "_whole_system", lambda: "the whole system")


def test_a_server_gets_the_whole_system() -> None:
    assert wsgi_application() == "the whole system"


def test_a_server_that_is_a_click_program_gets_the_whole_system() -> None:
    with click.Context(click.Command("granian")):
        assert wsgi_application() == "the whole system"


def test_flask_looking_up_a_command_gets_the_index_and_the_command_itself_the_whole_system() -> None:
    with click.Context(FlaskGroup("flask")) as looking_up:
        assert isinstance(wsgi_application(), CommandIndex)
        with click.Context(click.Command("doctor"), parent=looking_up):
            assert wsgi_application() == "the whole system"


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_of_a_groups_commands_is_not_cut_off(name: str) -> None:
    command = load_command(name)
    listed = command.get_help(click.Context(command, info_name=name)).partition("\nCommands:")[2]
    assert "..." not in listed


@pytest.mark.parametrize("group", ["auctions", "orders", "users", "moderate", "payments", "security"])
def test_the_help_of_each_command_has_an_example(group: str) -> None:
    commands = load_command(group)
    assert isinstance(commands, click.Group)
    without = [name for name, command in commands.commands.items()
               if f"Example: flask {group} {name}" not in (command.help or "") and name != "ensure-super-admin"]
    assert without == []
