"""The flask command's own groups, each loaded only when it is called, so that `flask --help` stays instant.

A new group is one line in COMMANDS and one file cli/<name>.py whose click command has the same name."""
import atexit
import gc
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from importlib import import_module
from types import TracebackType
from typing import TYPE_CHECKING, Any

import click
from flask import Flask
from flask.cli import FlaskGroup, ScriptInfo

if TYPE_CHECKING:
    from app.settings import Settings

COMMANDS = {
    "auctions": "Auctions: list, find, show one with its bids; close one by hand.",
    "auth": "Signing keys of the realms: list, rotate, revoke.",
    "backup": "Backups: make, list, prove, restore; let a restored copy go live.",
    "clients": "API clients: programs that act for one person; list, add, rotate, revoke.",
    "db": "Copy everything into another database; the migrations, up or down.",
    "demo": "Data to look at and to try things on; refuses production.",
    "doctor": "Check everything the system stands on; exit code 1 when something is wrong.",
    "equipment": "The equipment registry: equipment, legal entities, divisions, clients, dictionaries.",
    "events": "The outbox: list, show, how far it is, replay, retry, and the relay itself.",
    "index": "The search indexes and stored views: how they stand, rebuild, compare.",
    "jobs": "Periodic jobs: list, show, run one now; the worker and the scheduler.",
    "media": "Uploaded files: list, find, show, how many wait; clean what older releases stored.",
    "moderate": "Moderation: what waits, a case, its acts, their undo; words, rules, the audit.",
    "notify": "Letters, SMS, push: list, find, show, retry; what was written to whom, what became of it.",
    "orders": "Orders: list, find, show; ship one in its seller's place.",
    "organization": "The organization store: tenants, clients, schemas, rebuild, lag, relay.",
    "payments": "Payments of orders: list, find, show, reconcile, fix, refund, the ledger.",
    "prepare": "Migrate, create each realm's superAdmin and, in demo, seed once.",
    "security": "Security events: who did or tried what to an account, from where.",
    "serve": "Start the whole system under one supervisor.",
    "settings": "Show every setting with its meaning and where it comes from.",
    "status": "The installation on one screen: processes, queues, mail, jobs, disk, backup.",
    "upgrade": "Bring the database to the newest migration, with a backup; check says what that would do.",
    "users": "Users of a realm: list, find, show, create, import, role, password, lock, export, erase.",
    "webhooks": "Webhooks: list, show, replay, pause, test; the process that sends.",
}
# Only these make an instance folder and a database where there is none; every other looks at what is prepared. `run` is
# Flask's own, as are `routes` and `shell`.
PREPARING = frozenset({"backup restore", "db upgrade", "prepare", "run", "serve"})
# They migrate, or they serve: behind every other command stands an application without routes (cli/application.py).
WITH_THE_WHOLE_SYSTEM = frozenset({"db", "prepare", "serve", "upgrade"})

COMPLETING = "_FLASK_COMPLETE"
"""Set by the scripts of the shells (`make install`) when they ask what `flask` may be followed by."""


_IMPORTED = 500_000
"""More objects than a command that reads imports and makes; about 60 MB that nobody looks through."""


class LazyCommand(click.Command):
    """Stands in the list for a command whose module is imported when it is called."""

    def __init__(self, name: str, short_help: str, script_info: ScriptInfo) -> None:
        super().__init__(name, short_help=short_help, help=short_help)
        self._script_info = script_info

    def make_context(self, info_name: str | None, args: list[str], parent: click.Context | None = None,
                     **extra: Any) -> click.Context:
        """Hand over to the real command, with the real application behind it."""
        with _faults_in_sentences():  # help is printed here, what is typed wrong is refused here
            context = load_command(str(self.name)).make_context(info_name, args, parent, obj=self._script_info,
                                                                **extra)
        context.with_resource(_faults_in_sentences())
        return context


@contextmanager
def _faults_in_sentences() -> Iterator[None]:
    """Say in a sentence, with exit code 1, what is away or refuses; a fault of our own keeps its traceback."""
    try:
        yield
    except click.ClickException as refusal:
        _make_readable(refusal)
        raise
    except (click.Abort, click.exceptions.Exit):
        raise
    except Exception as error:
        from app.ops.faults import sentence_of

        sentence = sentence_of(error)
        if sentence is None:
            raise
        told = click.ClickException(sentence)
        _make_readable(told)
        raise told from error


def _make_readable(refusal: click.ClickException) -> None:
    """Let a terminal obey no sign of a refusal, which may name what people wrote, and have it broken between words.

    Programs that read it have one line."""
    from cli.terminal import harmless, paragraphs

    refusal.message = harmless(refusal.message)  # type: ignore[misc]
    if sys.stderr.isatty():
        label = "Error: "
        broken = paragraphs(refusal.format_message(), label, " " * len(label)).removeprefix(label)
        refusal.format_message = lambda: broken  # type: ignore[method-assign]


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


def attach_commands(index: click.Group) -> None:
    """Add every group to an index of commands; each runs in an application of its own."""
    for name, short_help in COMMANDS.items():
        make = _whole_system if name in WITH_THE_WHOLE_SYSTEM else _terminal_application
        index.add_command(LazyCommand(name, short_help, ScriptInfo(create_app=make, set_debug_flag=False)), name)


def wsgi_application() -> Flask:
    """Return the application for whoever loads wsgi.py.

    A server, which may be a click program too, and a running command get the whole system; `flask` looking up a name
    gets an index only, also for a shell that completes one, of which click tells no context."""
    context = click.get_current_context(silent=True)
    if context is None and COMPLETING in os.environ:
        index = CommandIndex("guildhall")
        attach_commands(index.cli)
        return index
    if context is not None and isinstance(context.find_root().command, FlaskGroup):
        sys.excepthook = _say_what_is_outside  # `flask --help`, `routes` and `run` are no commands of ours
    if context is None or context.parent is not None or not isinstance(context.command, FlaskGroup):
        return _whole_system()
    # What a command imports stays: to walk it again and again, looking for what may go, took a fifth of its time.
    gc.set_threshold(_IMPORTED, 20, 100)
    gc.callbacks.append(_collect_as_usual)
    # Nor is it walked at the end, where Python looks through everything once more: that took a third of it all.
    atexit.register(gc.freeze)
    index = CommandIndex("guildhall")
    attach_commands(index.cli)
    attach_commands(context.command)  # where click looks for what was meant by an unknown name
    return index


def _say_what_is_outside(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Say in a sentence what nobody has caught and is no fault of our code; the exit code is 1 either way."""
    sentence = None
    if isinstance(error, OSError):
        from app.ops.faults import sentence_of

        sentence = sentence_of(error)
    if sentence is None:
        sys.__excepthook__(kind, error, trace)
    else:
        from cli.terminal import harmless

        click.echo(f"Error: {harmless(sentence)}", err=True)


def _collect_as_usual(_phase: str, _facts: dict[str, int]) -> None:
    """End the long first round of a command: who has made that many objects has begun to work."""
    gc.callbacks.remove(_collect_as_usual)
    gc.set_threshold(50_000, 20, 100)


def _whole_system() -> Flask:
    from app.factory import create_app

    return _made(create_app)


def _terminal_application() -> Flask:
    from cli.application import terminal_application

    return _made(terminal_application)


def _made(make: "Callable[[Settings], Flask]") -> Flask:
    from app.home import find_home
    from app.settings import SettingsError, load_settings

    try:
        settings = load_settings()
        context = click.get_current_context(silent=True)
        is_of_flask = context is not None and isinstance(context.find_root().command, FlaskGroup)
        words = _command_words(context)
        if is_of_flask and words and " ".join(words) not in PREPARING:
            find_home(settings)
        return make(settings)
    except SettingsError as error:
        raise click.ClickException(str(error)) from error


def _command_words(context: click.Context | None) -> list[str]:
    """Return the words that name the running command, without the program's own: ["users", "list"]."""
    words: list[str] = []
    while context is not None and context.parent is not None:
        words.insert(0, context.info_name or "")
        context = context.parent
    return words
