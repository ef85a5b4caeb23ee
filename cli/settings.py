"""`flask settings`: every setting with its value, meaning and source, secrets masked, and what is wrong with it."""
import os
import re
from collections.abc import Callable
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import Any

import click

from app.settings import Settings, environment_name, read_settings, unreadable
from cli.terminal import paragraphs, print_json

MASK = "********"
_ARGUMENT = re.compile(r"([?&][^=&]*password=)[^&]*", re.IGNORECASE)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list instead of a table.")
def settings(as_json: bool) -> None:
    """Show every setting with its meaning and where its value comes from; secrets are masked.

    They are asked what the start asks, and NOTICE_TEMPLATES what `flask doctor` asks of its texts. What is wrong or,
    in production, missing is named in its row and at the end, and the exit code is 1.

    Example: GUILDHALL_ENV=production flask settings
    """
    from cli.parts import count_own_texts, setting_grammars

    loaded, wrong = read_settings()
    grammars: dict[str, Callable[[Any], object]] = {
        **setting_grammars(), "notice_templates": partial(count_own_texts, realms=loaded.realms)}
    wrong = {**unreadable(loaded, grammars), **wrong}
    rows = [_row(loaded, spec, wrong.get(spec.name)) for spec in fields(Settings)]
    if as_json:
        print_json(rows)
    else:
        _print_table(rows)
    if wrong:
        raise click.ClickException("\n".join(wrong.values()))


def _print_table(rows: list[dict[str, str | None]]) -> None:
    width = max(len(str(row["name"])) for row in rows)
    for row in rows:
        said = [f"{row['value']}  ({row['source']})", row["meaning"], row["wrong"] and f"WRONG: {row['wrong']}"]
        click.echo(paragraphs("\n".join(filter(None, said)), f"{row['name']:<{width}}  ", " " * (width + 2)))


def _row(loaded: Settings, spec: Any, wrong: str | None) -> dict[str, str | None]:
    variable = environment_name(spec.name)
    value = getattr(loaded, spec.name)
    shown = ",".join(value) if isinstance(value, tuple) else "" if value == Path("") else str(value)
    if spec.metadata["secret"] and shown:
        shown = MASK
    return {"name": variable, "value": _without_password(shown), "source": _source(variable, value, spec.default),
            "meaning": spec.metadata["meaning"], "wrong": wrong}


def _source(variable: str, value: Any, default: Any) -> str:
    if os.environ.get(variable):
        return "environment"
    return "default" if value == default else "derived"


def _without_password(text: str) -> str:
    """Mask the password that a database or Redis URL may carry, before its host or among its arguments."""
    text = _ARGUMENT.sub(rf"\1{MASK}", text)
    head, at, rest = text.rpartition("@")
    scheme, separator, credentials = head.partition("://")
    if not at or not separator or ":" not in credentials:
        return text
    return f"{scheme}://{credentials.split(':', 1)[0]}:{MASK}@{rest}"
