"""What the commands of the equipment registry share: how much is listed, by what, and how refusals are told."""
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from app.errors import ApiError
from blueprints.equipment.refusals import Unprocessable
from cli import completing
from cli.naming import only_of

if TYPE_CHECKING:  # help and what a shell completes load no database
    from blueprints.equipment.queries import Paged

MOST_ROWS = 10_000
name_option = click.option("--name", metavar="TEXT", help="Only with this part of the name.")
owner_option = click.option("--legal-entity", "legal_entity_id", metavar="ID", help="Only of this legal entity.",
                            shell_complete=completing.registered("legal entity"))


@contextmanager
def refusals_spoken() -> Iterator[None]:
    """Turn a refusal of the registry into a sentence and exit code 1."""
    try:
        yield
    except Unprocessable as refusal:
        wrong = [f"{entry.path}: {rule.description}" for entry in refusal.entries for rule in entry.rules]
        raise click.ClickException("; ".join(wrong)) from refusal
    except ApiError as refusal:
        raise click.ClickException(refusal.message) from refusal


def rehearsed(act: Callable[[], Any]) -> Any:
    """Return what an act of the registry would return: it is run and taken back, before one is asked (decision 094).

    Raises what it raises, which `refusals_spoken` tells in the registry's own words."""
    from blueprints.equipment.tokens import console
    from blueprints.platform.moderation.rehearsals import rehearse

    return rehearse(console().actor, act)


def given(**filters: str | None) -> dict[str, str]:
    """Return the filters that were given."""
    return {name: value for name, value in filters.items() if value is not None}


def owner_named(legal_entity_id: str | None) -> str | None:
    """Return the id of the legal entity that is named by a part of it."""
    return only_of("legal entity", legal_entity_id)


def columns(paged: "Paged", shown: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return the rows of a page with these columns alone."""
    return [{name: row[name] for name in shown} for row in paged.rows]
