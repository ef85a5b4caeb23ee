"""`flask settings`: every setting with its value, meaning and source, secrets masked. Loads no application."""
import os
import re
from dataclasses import fields
from typing import Any

import click
import orjson

from app.settings import Settings, SettingsError, environment_name, load_settings

MASK = "********"
_ARGUMENT = re.compile(r"([?&][^=&]*password=)[^&]*", re.IGNORECASE)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list instead of a table.")
def settings(as_json: bool) -> None:
    """Show every setting with its meaning and where its value comes from; secrets are masked.

    Exit code 1, with a sentence that names it, when a setting is wrong or, in production, missing.

    Example: GUILDHALL_ENV=production flask settings
    """
    try:
        loaded = load_settings()
    except SettingsError as error:
        raise click.ClickException(str(error)) from error
    rows = [_row(loaded, spec) for spec in fields(Settings)]
    if as_json:
        click.echo(orjson.dumps(rows, option=orjson.OPT_INDENT_2))
        return
    width = max(len(row["name"]) for row in rows)
    for row in rows:
        click.echo(f"{row['name']:<{width}}  {row['value']}  ({row['source']})\n{'':<{width}}  {row['meaning']}")


def _row(loaded: Settings, spec: Any) -> dict[str, str]:
    variable = environment_name(spec.name)
    value = getattr(loaded, spec.name)
    shown = ",".join(value) if isinstance(value, tuple) else str(value)
    if spec.metadata["secret"] and shown:
        shown = MASK
    return {"name": variable, "value": _without_password(shown), "source": _source(variable, value, spec.default),
            "meaning": spec.metadata["meaning"]}


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
