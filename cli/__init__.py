"""The flask command's own groups, each loaded only when it is called, so that `flask --help` stays instant.

A new group is one line in COMMANDS and one file cli/<name>.py whose click command has the same name."""
from contextlib import nullcontext
from importlib import import_module
from typing import Any

import click
from flask import Flask
from flask.cli import FlaskGroup, ScriptInfo

COMMANDS = {
    "auctions": "List auctions, look at one with its bids; close one by hand.",
    "auth": "Signing keys of the realms: rotate, revoke.",
    "backup": "Backups: make, list, prove, restore; let a restored copy go live.",
    "db": "Copy everything into another database; the migrations, up or down.",
    "demo": "Data to look at and to try things on; refuses production.",
    "doctor": "Check everything the system stands on; exit code 1 when something is wrong.",
    "equipment": "The equipment registry: legal entities, divisions, clients, dictionaries.",
    "events": "The outbox: how far it is, replay, retry, and the relay itself.",
    "index": "The search indexes: how they stand, rebuild.",
    "jobs": "Run a periodic job now; the worker and the scheduler.",
    "media": "Uploaded pictures: how many wait; clean what older releases stored.",
    "moderate": "Moderation: what waits, a case, its acts, their undo; words, rules, the audit.",
    "notify": "Letters: what was written to whom, and what became of it.",
    "orders": "Orders: list, find, show; ship one in its seller's place.",
    "organization": "The organization store: tenants, clients, schemas, rebuild, lag, relay.",
    "payments": "Payments of orders: how they stand, reconcile, fix, refund, the ledger.",
    "prepare": "Migrate, create each realm's superAdmin and, in demo, seed once.",
    "security": "Security events: who did or tried what to an account, from where.",
    "serve": "Start the whole system under one supervisor.",
    "settings": "Show every setting with its meaning and where it comes from.",
    "upgrade": "Bring the database to the newest migration, with a backup; check says what that would do.",
    "users": "Users of a realm: find, show, create, import, verify, role, lock, list.",
}


class LazyCommand(click.Command):
    """Stands in the list for a command whose module is imported when it is called."""

    def __init__(self, name: str, short_help: str, script_info: ScriptInfo | None) -> None:
        super().__init__(name, short_help=short_help, help=short_help)
        self._script_info = script_info

    def make_context(self, info_name: str | None, args: list[str], parent: click.Context | None = None,
                     **extra: Any) -> click.Context:
        """Hand over to the real command, with the real application behind it."""
        if self._script_info is not None:
            extra["obj"] = self._script_info
        return load_command(str(self.name)).make_context(info_name, args, parent, **extra)


class CommandIndex(Flask):
    """Only knows the list above. Its context is no context: flask would push it and hide the whole system's."""

    def app_context(self) -> Any:
        """Return a context that pushes nothing, so that `with_appcontext` loads the whole system."""
        return nullcontext()


def load_command(name: str) -> click.Command:
    """Import and return the click command called `name`."""
    module = import_module(f"cli.{name.replace('-', '_')}")
    command: click.Command = getattr(module, name.replace("-", "_"))
    _tell_in_whole_sentences(command)
    return command


def _tell_in_whole_sentences(command: click.Command) -> None:
    """Let a group's list show the first paragraph of each command; click would cut it off within the first line."""
    if isinstance(command, click.Group):
        for member in command.commands.values():
            member.short_help = member.short_help or (member.help or "").split("\n\n")[0]
            _tell_in_whole_sentences(member)


def attach_commands(app: Flask, script_info: ScriptInfo | None = None) -> None:
    """Put every group on `app.cli`; with `script_info`, its commands run in that application instead."""
    for name, short_help in COMMANDS.items():
        app.cli.add_command(LazyCommand(name, short_help, script_info), name)


def wsgi_application() -> Flask:
    """Return the application for whoever loads wsgi.py.

    A server, which may be a click program too, and a running command get the whole system; `flask` looking up a name
    gets an index only."""
    context = click.get_current_context(silent=True)
    if context is None or context.parent is not None or not isinstance(context.command, FlaskGroup):
        return _whole_system()
    index = CommandIndex("guildhall")
    attach_commands(index, ScriptInfo(create_app=_whole_system, set_debug_flag=False))
    return index


def _whole_system() -> Flask:
    from app.factory import create_app
    from app.settings import SettingsError, load_settings

    try:
        return create_app(load_settings())
    except SettingsError as error:
        raise click.ClickException(str(error)) from error
