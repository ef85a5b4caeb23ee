"""How our commands speak: say what will be touched, ask once, report as a table or as JSON.

Exit codes: 0 done or nothing to do, 1 refused or failed, 2 wrong usage."""
from collections.abc import Callable, Sequence
from typing import Any

import click
import orjson

as_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
dry_run_option = click.option("--dry-run", is_flag=True, help="Only say what would be done.")
yes_option = click.option("--yes", is_flag=True, help="Do not ask.")


def acts(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a changing command --dry-run, --yes and --json (its parameters dry_run, yes, as_json)."""
    return dry_run_option(yes_option(as_json_option(command)))


def agreed(question: str, *, dry_run: bool, yes: bool, reports: bool = False) -> bool:
    """Say what will be done and return True when it should be; a dry run returns False, a No exits with 1.

    A command that prints a report of its own after a dry run `reports`; for any other one --json is answered here."""
    click.echo(question, err=True)
    if dry_run:
        click.echo("dry run: nothing was changed", err=True)
        if not reports:
            _print_unchanged(would=question)
        return False
    if not yes:
        click.confirm("Go on?", abort=True, err=True)
    return True


def say_unchanged(reason: str) -> None:
    """Say that a changing command has nothing to do, and why; with --json also as JSON."""
    click.echo(reason, err=True)
    _print_unchanged(reason=reason)


def _print_unchanged(**said: str) -> None:
    if click.get_current_context().params.get("as_json"):
        print_json({"changed": False, **said})


def print_json(value: Any) -> None:
    """Print a value as indented JSON."""
    click.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2, default=str).decode())


def print_rows(rows: Sequence[dict[str, Any]], *, as_json: bool, empty: str = "nothing to show") -> None:
    """Print rows that share their keys as a table, or as a JSON list."""
    if as_json:
        print_json(list(rows))
        return
    if not rows:
        click.echo(empty)
        return
    lines = [list(rows[0]), *[["" if cell is None else str(cell) for cell in row.values()] for row in rows]]
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    for line in lines:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def print_facts(facts: dict[str, Any], *, as_json: bool) -> None:
    """Print one record as name and value, or as a JSON object."""
    if as_json:
        print_json(facts)
        return
    width = max(len(name) for name in facts)
    for name, value in facts.items():
        click.echo(f"{name:<{width}}  {'' if value is None else value}")
