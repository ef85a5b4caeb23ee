"""How our commands speak: say what will be touched, ask once, report as a table or as JSON.

Exit codes: 0 done or nothing to do, 1 refused or failed, 2 wrong usage."""
import getpass
import re
import sys
import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import accumulate
from typing import Any
from unicodedata import category, east_asian_width

import click
import orjson
from flask import current_app
from flask.cli import ScriptInfo

from app.actor import Actor, system_actor
from app.data.ids import short_id
from app.runtime import runtime, runtime_of
from app.settings import REALM_CODENAMES

TABLE_COLUMNS = 100
_MOST_NAMES = 100
_NARROWEST, _BETWEEN, _TO_DO = 8, "  ", "to do: "
_SECOND_COLUMN = "\0"
"""Stands behind a sign that takes two columns while its line is broken; no text has it, harmless() sees to that."""
_COMMANDS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""What a terminal obeys instead of showing it: colours, the cursor, its title, the direction of a line."""

as_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
dry_run_option = click.option("--dry-run", is_flag=True, help="Only say what would be done.")
yes_option = click.option("--yes", is_flag=True, help="Do not ask.")


def acts(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a changing command --dry-run, --yes and --json (its parameters dry_run, yes, as_json)."""
    return dry_run_option(yes_option(as_json_option(command)))


def limit_option(which: str, *, usual: int = 50,
                 most: int = 1_000) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give a command that lists --limit (its parameter limit); `which` is its help."""
    return click.option("--limit", default=usual, show_default=True, type=click.IntRange(1, most), help=which)


def served_realm_option(whose: str, *more: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give a command --realm (its parameter realm): the first that is served unless it is named.

    A realm that REALMS does not name is wrong usage (2). `whose` is its help; `more` may be named beside the realms."""
    return click.option("--realm", type=click.Choice((*REALM_CODENAMES, *more)), default=_first_served,
                        show_default="the first of REALMS", callback=_refuse_unserved, help=whose)


def every_realm_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the same, None for every realm unless one is named."""
    return click.option("--realm", type=click.Choice(tuple(REALM_CODENAMES)), callback=_refuse_unserved,
                        help="Only this realm; default every realm.")(command)


def _first_served() -> str | None:
    context = click.get_current_context()
    return None if context.resilient_parsing else _served_realms(context)[0]


def _refuse_unserved(context: click.Context, option: click.Parameter, realm: str | None) -> str | None:
    if realm not in REALM_CODENAMES or context.resilient_parsing:
        return realm
    served = _served_realms(context)
    if realm not in served:
        raise click.BadParameter(f"{realm} is not served here, only {' and '.join(served)}: REALMS says so", context,
                                 option)
    return realm


def _served_realms(context: click.Context) -> tuple[str, ...]:
    """Return the realms of the application that with_appcontext is going to take: options are read before it does."""
    app = current_app or context.ensure_object(ScriptInfo).load_app()
    return runtime_of(app).settings.realms


def operator_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command --as, the member of staff it acts for (its parameter operator): see operator_actor."""
    return click.option("--as", "operator", metavar="NAME", envvar="GUILDHALL_OPERATOR", shell_complete=_staff,
                        help="The member of staff who acts, by e-mail or id; or GUILDHALL_OPERATOR.")(command)


def _staff(context: click.Context, option: click.Parameter, typed: str) -> list[str]:
    from cli.completing import staff

    return staff(context, option, typed)


def operator_actor(realm: str, named: str | None) -> Actor:
    """Return the active member of staff of that e-mail or id as the actor of a command, with the role it has (M-13).

    `operator` is the user of the operating system. Without a name it is wrong usage (2); a name of nobody on the staff
    is refused (1)."""
    if not (named or "").strip():
        raise click.UsageError("who acts is not named: say --as E-MAIL, or set GUILDHALL_OPERATOR=E-MAIL "
                               "(an active member of staff)")
    from app.clock import now
    from cli.naming import active_account

    account = active_account(realm, str(named))
    for until, state in ((account.locked_until, "locked"), (account.suspended_until, "suspended")):
        if until is not None and until > now():
            raise click.ClickException(f"{named} is {state}")
    actor = Actor(realm, user_id=account.id, role=account.role_id, email=account.email, fullname=account.fullname,
                  operator=getpass.getuser())
    if not actor.is_staff:
        raise click.ClickException(f"{named} is no member of staff of {realm}")
    return actor


def reading_actor(realm: str) -> Actor:
    """Return who only looks, or enrols, which needs no name: the system, led by the user of the operating system."""
    return system_actor(realm, operator=getpass.getuser())


def agreed(question: str, *, dry_run: bool, yes: bool, reports: bool = False) -> bool:
    """Say what is to be done and return True when it should be; a dry run returns False, a No exits with 1.

    A command that prints a report of its own after a dry run `reports`; for any other one --json is answered here."""
    click.echo(paragraphs(question, _TO_DO, " " * len(_TO_DO)), err=True)
    if dry_run:
        click.echo("dry run: nothing was changed", err=True)
        if not reports:
            _print_unchanged(would=question)
        return False
    if not yes:
        click.confirm("Go on?", abort=True, err=True)
    return True


def is_at_a_terminal() -> bool:
    """Return whether somebody can answer a question."""
    return sys.stdin.isatty()


def rehearsed(actor: Actor, command: Callable[[], Any]) -> Any:
    """Return what a command would return: it is run and taken back, so what it refuses is said before one is asked,
    and by a dry run, too: a sentence and exit code 1.

    Only what is no row may be read of it."""
    from blueprints.platform.moderation.rehearsals import rehearse

    return spoken(lambda: rehearse(actor, command))


def unknown(kind: str, given: str, known: Iterable[str], hint: str) -> click.BadParameter:
    """Return the refusal of a name that nothing has: which was meant, and which there are, a hundred at most.

    `hint` is the parameter."""
    names = sorted(known)
    meant = get_close_matches(given, names, n=1)
    did_you_mean = f" Did you mean {meant[0]}?" if meant else ""
    there_are = ", ".join(names[:_MOST_NAMES]) or "none"
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return click.BadParameter(f"no {kind} is called {given}.{did_you_mean} There are: {there_are}{more}",
                              param_hint=hint)


def say_unchanged(reason: str) -> None:
    """Say that a changing command has nothing to do, and why; with --json also as JSON."""
    print_sentence(reason, err=True)
    _print_unchanged(reason=reason)


def _print_unchanged(**said: str) -> None:
    if click.get_current_context().params.get("as_json"):
        print_json({"changed": False, **said})


def print_json(value: Any) -> None:
    """Print a value as indented JSON, of which a terminal obeys nothing."""
    click.echo(harmless_json(orjson.dumps(value, option=orjson.OPT_INDENT_2, default=str).decode()))


def harmless_json(said: str) -> str:
    """Return JSON as a terminal may get it: what it would obey stands as its number, which JSON reads as the same."""
    return _COMMANDS.sub(lambda sign: f"\\u{ord(sign[0]):04x}", said)


def harmless(text: str) -> str:
    """Return a text that people wrote as a terminal may get it: each sign that it would obey is � instead."""
    return _COMMANDS.sub("�", text)


def print_rows(rows: Sequence[dict[str, Any]], *, as_json: bool, empty: str = "nothing to show",
               ids: Sequence[str] = (), cut: Sequence[str] = (), cut_last: Sequence[str] = (),
               below: str | None = None, wraps: bool = False) -> None:
    """Print rows that share their keys as a table, or as a JSON list, which has everything whole.

    In the table the ids of the columns `ids` are their last eight digits, and the texts of the columns `cut` end with
    an ellipsis where the table would be wider than TABLE_COLUMNS; where that is not enough, those of `cut_last`. The
    text `below` stands whole under its row; the last column is whole, too, where it `wraps` into the next line."""
    if as_json:
        print_json(list(rows))
        return
    if not rows:
        click.echo(empty)
        return
    names = [name for name in rows[0] if name != below]
    lines = [names, *[[_cell(row[name], is_id=name in ids) for name in names] for row in rows]]
    widths = [max(_columns(line[place]) for line in lines) for place in range(len(names))]
    for given in (cut, cut_last):
        _narrow(widths, [names.index(name) for name in given])
    for line, row in zip(lines, [{}, *rows], strict=True):
        fitted = [_fitted(cell, width) for cell, width in zip(line, widths, strict=True)]
        if wraps:
            first = "".join(f"{cell}{_BETWEEN}" for cell in fitted[:-1])
            click.echo(paragraphs(line[-1], first, " " * len(first)).rstrip())
        else:
            click.echo(_BETWEEN.join(fitted).rstrip())
        if below and row.get(below):
            click.echo(paragraphs(str(row[below]), "    ", "    "))


def say_more(count: int) -> None:
    """Say how many rows there are beyond those that were printed, if any, and how one sees them."""
    if count > 0:
        click.echo(f"{count} more: --limit", err=True)


def print_fields(fields: Mapping[str, Any]) -> None:
    """Print names and values whole: what is long goes on in the next line under itself."""
    width = max(len(name) for name in fields) + len(_BETWEEN)
    for name, value in fields.items():
        click.echo(paragraphs(str(value), f"{name:<{width}}", " " * width))


def paragraphs(text: str, first: str, indent: str) -> str:
    """Return the lines of a text, each broken where it would pass TABLE_COLUMNS, behind `first` or the indent."""
    whole = "\n".join(_broken(line, indent) for line in harmless(text).splitlines() or [""])
    return first + whole[len(indent):]


def _broken(line: str, indent: str) -> str:
    """Return one line as lines behind an indent; textwrap counts signs, so what takes two columns is two signs to it.
    """
    spread = "".join(sign + _SECOND_COLUMN if _columns(sign) == 2 else sign for sign in line)
    width = TABLE_COLUMNS - (spread != line)  # it may break between the two
    return textwrap.fill(spread, width, initial_indent=indent, subsequent_indent=indent,
                         break_on_hyphens=False).replace(_SECOND_COLUMN, "")


def print_sentence(text: str, *, err: bool = False) -> None:
    """Print a sentence, broken where it would pass TABLE_COLUMNS; what goes on stands a little to the right.

    `err`: beside what was asked for, where people read it and programs do not."""
    click.echo(paragraphs(text, "", _BETWEEN), err=err)


def cut_line(text: str) -> str:
    """Return a line as a terminal may get it, with an ellipsis where it would pass TABLE_COLUMNS."""
    line = harmless(text).rstrip()
    return _fitted(line, min(_columns(line), TABLE_COLUMNS))


def minute(moment: str | None) -> str | None:
    """Return an ISO time to the minute, as tables show it where room is short."""
    return None if moment is None else moment[:16]


def spoken(command: Callable[[], Any]) -> Any:
    """Run a command and return what it returns; what it refuses becomes a sentence and exit code 1."""
    from app.errors import ApiError, in_words

    try:
        return command()
    except ApiError as refusal:
        raise click.ClickException(in_words(refusal)) from refusal


def _cell(value: Any, *, is_id: bool) -> str:
    if value is None:
        return ""
    if isinstance(value, dict):
        value = ", ".join(f"{name} {inner}" for name, inner in value.items())
    return short_id(value) if is_id else harmless(str(value)).replace("\n", " ").replace("\t", " ")


def _narrow(widths: list[int], places: Sequence[int]) -> None:
    """Take from the widest of the places until the table fits, or until none of them can give."""
    too_wide = sum(widths) + len(_BETWEEN) * (len(widths) - 1) - TABLE_COLUMNS
    while too_wide > 0 and places:
        widest = max(places, key=lambda place: widths[place])
        if widths[widest] <= _NARROWEST:
            return
        widths[widest] -= 1
        too_wide -= 1


def _fitted(text: str, width: int) -> str:
    """Return the text in exactly so many columns of the terminal, cut with an ellipsis where it is longer."""
    if _columns(text) > width:
        room = accumulate(map(_columns, text))
        text = "".join(sign for sign, taken in zip(text, room, strict=True) if taken < width) + "…"
    return text + " " * (width - _columns(text))


def _columns(text: str) -> int:
    """Return how many columns the text takes: signs of East Asian scripts and most emoji take two, marks none."""
    return sum(2 if east_asian_width(sign) in "WF" else category(sign) not in ("Mn", "Me", "Cf") for sign in text)


def print_facts(facts: dict[str, Any], *, as_json: bool) -> None:
    """Print one record as print_fields does, or as a JSON object. A path is one line, to be copied from here."""
    if as_json:
        print_json(facts)
        return
    width = max(len(name) for name in facts) + len(_BETWEEN)
    for name, value in facts.items():
        said, first = "" if value is None else str(value), f"{name:<{width}}"
        is_path = said.startswith("/") and " " not in said
        click.echo(first + harmless(said) if is_path else paragraphs(said, first, " " * width))


@dataclass(frozen=True, slots=True)
class Part:
    """How the rows of one part of a record are shown as a table: which columns, which of them as in print_rows."""

    columns: tuple[str, ...]
    ids: tuple[str, ...] = ()
    cut: tuple[str, ...] = ()
    below: str | None = None


def print_record(facts: dict[str, Any], parts: Mapping[str, Sequence[dict[str, Any]]], looks: Mapping[str, Part], *,
                 as_json: bool) -> None:
    """Print one record and the rows of its parts, each under its name, or as one JSON object with everything whole."""
    if as_json:
        print_json({**facts, **parts})
        return
    print_facts(facts, as_json=False)
    print_parts(parts, looks)


def print_parts(parts: Mapping[str, Sequence[dict[str, Any]]], looks: Mapping[str, Part]) -> None:
    """Print the rows of the parts of a record as tables, each under its name."""
    for name, rows in parts.items():
        look = looks[name]
        columns = (*look.columns, look.below) if look.below else look.columns
        click.echo(f"\n{name}")
        print_rows([{column: row[column] for column in columns} for row in rows], as_json=False, empty="none",
                   ids=look.ids, cut=look.cut, below=look.below)


def refuse_production() -> None:
    """Raise a ClickException in production, where nobody wants the invented rows of `flask demo`."""
    if runtime().settings.is_production:
        raise click.ClickException("flask demo refuses GUILDHALL_ENV=production")
