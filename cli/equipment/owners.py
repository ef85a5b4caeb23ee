"""`flask equipment legal-entity` and `division`: whose equipment it is, and where it stands."""
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import click
from flask.cli import with_appcontext

from blueprints.equipment.rules import LEGAL_ENTITY_TYPES
from cli import completing
from cli.equipment.shown import (
    MOST_ROWS,
    columns,
    given,
    name_option,
    owner_named,
    owner_option,
    refusals_spoken,
    rehearsed,
)
from cli.naming import named_in_registry
from cli.terminal import acts, agreed, as_json_option, print_facts, print_rows


@click.group("legal-entity")
def legal_entity() -> None:
    """Who owns divisions and equipment.

    Example: flask equipment legal-entity add "City Hospital" --type MSP
    """


@legal_entity.command("add")
@click.argument("name")
@click.option("--type", "kind", type=click.Choice(LEGAL_ENTITY_TYPES), required=True, help="Its type.")
@click.option("--edrpou", help="Its code in the state register.")
@acts
@with_appcontext
def add_legal_entity(name: str, kind: str, edrpou: str | None, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Create an ACTIVE legal entity called NAME.

    Example: flask equipment legal-entity add "City Hospital" --type MSP --yes
    """
    from blueprints.equipment import queries, registry, schemas
    from blueprints.equipment.tokens import console
    from blueprints.equipment.validation import check_body

    with refusals_spoken():
        data = check_body(schemas.NEW_LEGAL_ENTITY, {"name": name, "type": kind, "edrpou": edrpou})
        create = partial(registry.create_legal_entity, console(), data)
        rehearsed(create)
        if agreed(f"create legal entity {name} of type {kind}", dry_run=dry_run, yes=yes):
            print_facts(queries.legal_entity(console(), create()), as_json=as_json)


@legal_entity.command("list")
@name_option
@as_json_option
@with_appcontext
def list_legal_entities(name: str | None, as_json: bool) -> None:
    """List all legal entities, or those with a part of a name.

    Example: flask equipment legal-entity list --json
    """
    from blueprints.equipment import queries
    from blueprints.equipment.queries import ListRequest
    from blueprints.equipment.tokens import console

    shown = ("id", "name", "type", "status", "edrpou")
    asked = ListRequest(size=MOST_ROWS, filters=given(name=name))
    print_rows(columns(queries.legal_entity_page(console(), asked), shown), as_json=as_json, cut=("name",))


@legal_entity.command("show")
@click.argument("id", shell_complete=completing.registered("legal entity"))
@as_json_option
@with_appcontext
def show_legal_entity(id: str, as_json: bool) -> None:
    """Show a legal entity, by its id, a beginning or the last eight digits.

    Example: flask equipment legal-entity show 018f4c1e
    """
    from blueprints.equipment import queries
    from blueprints.equipment.tokens import console

    with refusals_spoken():
        print_facts(queries.legal_entity(console(), named_in_registry("legal entity", id)), as_json=as_json)


@legal_entity.command("update")
@click.argument("id", shell_complete=completing.registered("legal entity"))
@click.option("--name", help="Its new name.")
@click.option("--type", type=click.Choice(LEGAL_ENTITY_TYPES), help="Its new type.")
@click.option("--edrpou", help="Its code in the state register.")
@acts
@with_appcontext
def update_legal_entity(id: str, dry_run: bool, yes: bool, as_json: bool, **changes: str | None) -> None:
    """Change name, type or code of a legal entity.

    Example: flask equipment legal-entity update 018f4c1e --name "City Hospital Nr. 1" --yes
    """
    from blueprints.equipment import queries, registry, schemas
    from blueprints.equipment.tokens import console
    from blueprints.equipment.validation import check_body

    with refusals_spoken():
        given = {name: value for name, value in changes.items() if value is not None}
        data = check_body(schemas.LEGAL_ENTITY_CHANGE, given)
        id = named_in_registry("legal entity", id)
        before = queries.legal_entity(console(), id)
        change = partial(registry.change_legal_entity, console(), id, data)
        rehearsed(change)
        if agreed(f"change {_shown_change(before, data)} of {before['name']}", dry_run=dry_run, yes=yes):
            change()
            print_facts(queries.legal_entity(console(), id), as_json=as_json)


@click.group("division")
def division() -> None:
    """Where equipment stands.

    Example: flask equipment division list
    """


@division.command("add")
@click.argument("name")
@click.option("--legal-entity", "legal_entity_id", required=True, help="Id of the legal entity it belongs to.",
              shell_complete=completing.registered("legal entity"))
@acts
@with_appcontext
def add_division(name: str, legal_entity_id: str, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Create an ACTIVE division called NAME.

    Example: flask equipment division add Radiology --legal-entity 018f4c1e --yes
    """
    from blueprints.equipment import queries, registry, schemas
    from blueprints.equipment.tokens import console
    from blueprints.equipment.validation import check_body

    with refusals_spoken():
        data = check_body(schemas.NEW_DIVISION, {"name": name})
        owner = queries.legal_entity(console(), named_in_registry("legal entity", legal_entity_id))
        create = partial(registry.create_division, console(owner["id"]), data)
        rehearsed(create)
        if agreed(f"create division {name} of {owner['name']}", dry_run=dry_run, yes=yes):
            print_facts(queries.division(console(), create()), as_json=as_json)


@division.command("list")
@owner_option
@name_option
@as_json_option
@with_appcontext
def list_divisions(legal_entity_id: str | None, name: str | None, as_json: bool) -> None:
    """List all divisions, or those of one legal entity, or with a part of a name.

    Example: flask equipment division list --legal-entity 018f4c1e
    """
    from blueprints.equipment import queries
    from blueprints.equipment.queries import ListRequest
    from blueprints.equipment.tokens import console

    asked = ListRequest(size=MOST_ROWS, filters=given(name=name, legal_entity_id=owner_named(legal_entity_id)))
    shown = ("id", "name", "status", "legal_entity_id")
    print_rows(columns(queries.division_page(console(), asked), shown), as_json=as_json, cut=("name",))


@division.command("show")
@click.argument("id", shell_complete=completing.registered("division"))
@as_json_option
@with_appcontext
def show_division(id: str, as_json: bool) -> None:
    """Show a division, by its id, a beginning or the last eight digits.

    Example: flask equipment division show 018f4c1e
    """
    from blueprints.equipment import queries
    from blueprints.equipment.tokens import console

    with refusals_spoken():
        print_facts(queries.division(console(), named_in_registry("division", id)), as_json=as_json)


@division.command("update")
@click.argument("id", shell_complete=completing.registered("division"))
@click.option("--name", required=True, help="Its new name.")
@acts
@with_appcontext
def update_division(id: str, name: str, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Rename a division.

    Example: flask equipment division update 018f4c1e --name "Radiology and nuclear medicine" --yes
    """
    from blueprints.equipment import queries, registry, schemas
    from blueprints.equipment.tokens import console
    from blueprints.equipment.validation import check_body

    with refusals_spoken():
        data = check_body(schemas.NEW_DIVISION, {"name": name})
        id = named_in_registry("division", id)
        before = queries.division(console(), id)
        change = partial(registry.change_division, console(), id, data)
        rehearsed(change)
        if agreed(f"change {_shown_change(before, data)} of {before['name']}", dry_run=dry_run, yes=yes):
            change()
            print_facts(queries.division(console(), id), as_json=as_json)


def _shown_change(before: Mapping[str, Any], data: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} from {before[name]} to {value}" for name, value in data.items())


def _read_and_change(subject: str) -> tuple[Callable[..., dict[str, Any]], Callable[..., str]]:
    from blueprints.equipment import queries, registry

    return {"legal entity": (queries.legal_entity, registry.change_legal_entity_status),
            "division": (queries.division, registry.change_division_status)}[subject]


def _status_command(subject: str, action: str) -> click.Command:
    """Return the command that changes the status of one row: the same words for legal entities and divisions."""

    @click.command(
        action,
        help=f"{action.capitalize()} a {subject}.\n\nExample: flask equipment "
        f"{subject.replace(' ', '-')} {action} 018f4c1e --yes",
    )
    @click.argument("id", shell_complete=completing.registered(subject))
    @acts
    @with_appcontext
    def command(id: str, dry_run: bool, yes: bool, as_json: bool) -> None:
        from blueprints.equipment.tokens import console

        with refusals_spoken():
            id = named_in_registry(subject, id)
            read, change = _read_and_change(subject)
            before = read(console(), id)
            rehearsed(lambda: change(console(), id, action))
            if agreed(f"{action} {subject} {before['name']} ({before['status']})", dry_run=dry_run, yes=yes):
                change(console(), id, action)
                print_facts(read(console(), id), as_json=as_json)

    return command


for _action in ("activate", "suspend", "deactivate"):
    legal_entity.add_command(_status_command("legal entity", _action))
for _action in ("activate", "deactivate"):
    division.add_command(_status_command("division", _action))
