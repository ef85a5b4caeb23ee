"""`flask equipment`: legal entities, divisions, OAuth2 clients and dictionaries of the equipment registry."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from flask.cli import with_appcontext

from app.errors import ApiError
from blueprints.equipment import queries, registry, schemas
from blueprints.equipment.queries import DEVICE_TYPES, DICTIONARIES, ListRequest
from blueprints.equipment.refusals import Unprocessable
from blueprints.equipment.rules import EQUIPMENT_STATUSES, LEGAL_ENTITY_TYPES, ROLES, SCOPES
from blueprints.equipment.tokens import console
from cli.csv_file import delimiter_option, read_csv, read_text
from cli.naming import named_in_registry
from cli.terminal import acts, agreed, as_json_option, print_facts, print_json, print_rows

MOST_ROWS = 10_000
_PARTS = {"names": ("name", "type", "inserted_at"), "divisions": ("division_name", "division_id", "is_active"),
          "statuses": ("status", "inserted_at")}
name_option = click.option("--name", metavar="TEXT", help="Only with this part of the name.")
owner_option = click.option("--legal-entity", "legal_entity_id", metavar="ID", help="Only of this legal entity.")


@contextmanager
def _refusals_spoken() -> Iterator[None]:
    """Turn a refusal of the registry into a sentence and exit code 1."""
    try:
        yield
    except Unprocessable as refusal:
        wrong = [f"{entry.path}: {rule.description}" for entry in refusal.entries for rule in entry.rules]
        raise click.ClickException("; ".join(wrong)) from refusal
    except ApiError as refusal:
        raise click.ClickException(refusal.message) from refusal


@click.group()
def equipment() -> None:
    """The equipment registry: what is registered, legal entities, divisions, clients, dictionaries.

    Example: flask equipment legal-entity list
    """


@equipment.command("list")
@name_option
@owner_option
@click.option("--division", "division_id", metavar="ID", help="Only what stands in this division.")
@click.option("--status", type=click.Choice(EQUIPMENT_STATUSES), help="Only of this status.")
@click.option("--external-id", help="Only of this number of its owner.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 1000), help="How many of the oldest.")
@as_json_option
@with_appcontext
def list_equipment(name: str | None, legal_entity_id: str | None, division_id: str | None, status: str | None,
                   external_id: str | None, limit: int, as_json: bool) -> None:
    """List equipment, the oldest first, and say how much there is: all that fits is counted, as by the API.

    Example: flask equipment list --name tomograph --status ACTIVE
    """
    division_id = None if division_id is None else named_in_registry("division", division_id)
    found = queries.equipment_page(console(), ListRequest(size=limit, filters=_given(
        name=name, legal_entity_id=_owner(legal_entity_id), division_id=division_id, status=status,
        external_id=external_id)))
    rows = found.rows if as_json else [
        {"id": row["id"], "name": row["name"], "type": row["type"],
         "status": row["status"], "external_id": row["external_id"]} for row in found.rows]
    print_rows(rows, as_json=as_json, empty="no equipment", cut=("name", "type", "external_id"))
    if found.total > len(rows):
        click.echo(f"{found.total - len(rows)} more: --limit", err=True)


@equipment.command("show")
@click.argument("id")
@as_json_option
@with_appcontext
def show_equipment(id: str, as_json: bool) -> None:
    """Show one piece of equipment, by its id or a beginning: its names, where it stands, and its statuses.

    Example: flask equipment show 018f4c1e
    """
    with _refusals_spoken():
        facts = queries.equipment_details(console(), named_in_registry("equipment", id))
        history = queries.status_history(console(), facts["id"], ListRequest(size=MOST_ROWS)).rows
    if as_json:
        print_json({**facts, "statuses": history})
        return
    parts = {"names": facts.pop("names"), "divisions": facts.pop("divisions"), "statuses": history}
    print_facts(facts, as_json=False)
    for part, rows in parts.items():
        click.echo(f"\n{part}")
        print_rows([{column: row[column] for column in _PARTS[part]} for row in rows], as_json=False, empty="none",
                   cut=_PARTS[part][:1])


@equipment.group("legal-entity")
def legal_entity() -> None:
    """Who owns divisions and equipment.

    Example: flask equipment legal-entity add "City Hospital" --type MSP
    """


@legal_entity.command("add")
@click.argument("name")
@click.option("--type", "kind", type=click.Choice(LEGAL_ENTITY_TYPES), required=True)
@click.option("--edrpou", help="Its code in the state register.")
@acts
@with_appcontext
def add_legal_entity(name: str, kind: str, edrpou: str | None, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Create an ACTIVE legal entity called NAME.

    Example: flask equipment legal-entity add "City Hospital" --type MSP --yes
    """
    from blueprints.equipment.validation import check_body

    with _refusals_spoken():
        data = check_body(schemas.NEW_LEGAL_ENTITY, {"name": name, "type": kind, "edrpou": edrpou})
        if agreed(f"create legal entity {name} of type {kind}", dry_run=dry_run, yes=yes):
            print_facts(queries.legal_entity(console(), registry.create_legal_entity(console(), data)), as_json=as_json)


@legal_entity.command("list")
@name_option
@as_json_option
@with_appcontext
def list_legal_entities(name: str | None, as_json: bool) -> None:
    """List all legal entities, or those with a part of a name.

    Example: flask equipment legal-entity list --json
    """
    shown = ("id", "name", "type", "status", "edrpou")
    asked = ListRequest(size=MOST_ROWS, filters=_given(name=name))
    print_rows(_columns(queries.legal_entity_page(console(), asked), shown), as_json=as_json, cut=("name",))


@legal_entity.command("show")
@click.argument("id")
@as_json_option
@with_appcontext
def show_legal_entity(id: str, as_json: bool) -> None:
    """Show a legal entity, by its id or a beginning.

    Example: flask equipment legal-entity show 018f4c1e
    """
    with _refusals_spoken():
        print_facts(queries.legal_entity(console(), named_in_registry("legal entity", id)), as_json=as_json)


@legal_entity.command("update")
@click.argument("id")
@click.option("--name", help="Its new name.")
@click.option("--type", type=click.Choice(LEGAL_ENTITY_TYPES), help="Its new type.")
@click.option("--edrpou", help="Its code in the state register.")
@acts
@with_appcontext
def update_legal_entity(id: str, dry_run: bool, yes: bool, as_json: bool, **changes: str | None) -> None:
    """Change name, type or code of a legal entity.

    Example: flask equipment legal-entity update 018f4c1e --name "City Hospital Nr. 1" --yes
    """
    from blueprints.equipment.validation import check_body

    with _refusals_spoken():
        given = {name: value for name, value in changes.items() if value is not None}
        data = check_body(schemas.LEGAL_ENTITY_CHANGE, given)
        id = named_in_registry("legal entity", id)
        before = queries.legal_entity(console(), id)
        if agreed(f"change {_shown_change(before, data)} of {before['name']}", dry_run=dry_run, yes=yes):
            registry.change_legal_entity(console(), id, data)
            print_facts(queries.legal_entity(console(), id), as_json=as_json)


@equipment.group("division")
def division() -> None:
    """Where equipment stands.

    Example: flask equipment division list
    """


@division.command("add")
@click.argument("name")
@click.option("--legal-entity", "legal_entity_id", required=True, help="Id of the legal entity it belongs to.")
@acts
@with_appcontext
def add_division(name: str, legal_entity_id: str, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Create an ACTIVE division called NAME.

    Example: flask equipment division add Radiology --legal-entity 018f4c1e --yes
    """
    from blueprints.equipment.validation import check_body

    with _refusals_spoken():
        data = check_body(schemas.NEW_DIVISION, {"name": name})
        owner = queries.legal_entity(console(), named_in_registry("legal entity", legal_entity_id))
        if agreed(f"create division {name} of {owner['name']}", dry_run=dry_run, yes=yes):
            made = registry.create_division(console(owner["id"]), data)
            print_facts(queries.division(console(), made), as_json=as_json)


@division.command("list")
@owner_option
@name_option
@as_json_option
@with_appcontext
def list_divisions(legal_entity_id: str | None, name: str | None, as_json: bool) -> None:
    """List all divisions, or those of one legal entity, or with a part of a name.

    Example: flask equipment division list --legal-entity 018f4c1e
    """
    asked = ListRequest(size=MOST_ROWS, filters=_given(name=name, legal_entity_id=_owner(legal_entity_id)))
    shown = ("id", "name", "status", "legal_entity_id")
    print_rows(_columns(queries.division_page(console(), asked), shown), as_json=as_json, cut=("name",))


@division.command("show")
@click.argument("id")
@as_json_option
@with_appcontext
def show_division(id: str, as_json: bool) -> None:
    """Show a division, by its id or a beginning.

    Example: flask equipment division show 018f4c1e
    """
    with _refusals_spoken():
        print_facts(queries.division(console(), named_in_registry("division", id)), as_json=as_json)


@division.command("update")
@click.argument("id")
@click.option("--name", required=True, help="Its new name.")
@acts
@with_appcontext
def update_division(id: str, name: str, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Rename a division.

    Example: flask equipment division update 018f4c1e --name "Radiology and nuclear medicine" --yes
    """
    from blueprints.equipment.validation import check_body

    with _refusals_spoken():
        data = check_body(schemas.NEW_DIVISION, {"name": name})
        id = named_in_registry("division", id)
        before = queries.division(console(), id)
        if agreed(f"change {_shown_change(before, data)} of {before['name']}", dry_run=dry_run, yes=yes):
            registry.change_division(console(), id, data)
            print_facts(queries.division(console(), id), as_json=as_json)


def _shown_change(before: Mapping[str, Any], data: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} from {before[name]} to {value}" for name, value in data.items())


def _status_command(
    subject: str, action: str, read: Callable[..., dict[str, Any]], change: Callable[..., str]
) -> click.Command:
    """Return the command that changes the status of one row: the same words for legal entities and divisions."""

    @click.command(
        action,
        help=f"{action.capitalize()} a {subject}.\n\nExample: flask equipment "
        f"{subject.replace(' ', '-')} {action} 018f4c1e --yes",
    )
    @click.argument("id")
    @acts
    @with_appcontext
    def command(id: str, dry_run: bool, yes: bool, as_json: bool) -> None:
        with _refusals_spoken():
            id = named_in_registry(subject, id)
            before = read(console(), id)
            if agreed(f"{action} {subject} {before['name']} ({before['status']})", dry_run=dry_run, yes=yes):
                change(console(), id, action)
                print_facts(read(console(), id), as_json=as_json)

    return command


for _action in ("activate", "suspend", "deactivate"):
    legal_entity.add_command(
        _status_command("legal entity", _action, queries.legal_entity, registry.change_legal_entity_status)
    )
for _action in ("activate", "deactivate"):
    division.add_command(_status_command("division", _action, queries.division, registry.change_division_status))


@equipment.group("client")
def client() -> None:
    """OAuth2 clients: each acts for one user of one legal entity.

    Example: flask equipment client list
    """


@client.command("add")
@click.option("--legal-entity", "legal_entity_id", required=True, help="Id of the legal entity it acts for.")
@click.option("--user", "user_id", required=True, help="Id of the user it acts for.")
@click.option("--role", type=click.Choice(ROLES), required=True)
@click.option("--scope", "scopes", metavar="SCOPE", type=click.Choice(SCOPES), multiple=True, required=True,
              help=f"Repeat for several: {', '.join(SCOPES)}.")
@acts
@with_appcontext
def add_client(dry_run: bool, yes: bool, as_json: bool, **data: Any) -> None:
    """Register a client and print its secret, which is shown this once.

    Example: flask equipment client add --legal-entity 018f4c1e --user 018f4c1e-7b1a-7c3e-9a52-0d6f1b2c3d4e
    --role OWNER --scope equipment:read --yes
    """
    from blueprints.equipment.validation import check_body

    with _refusals_spoken():
        data["legal_entity_id"] = named_in_registry("legal entity", data["legal_entity_id"])
        data = check_body(schemas.NEW_CLIENT, {**data, "scopes": sorted(set(data["scopes"]))})
        owner = queries.legal_entity(console(), data["legal_entity_id"])
        if agreed(f"register a client of {owner['name']} with role {data['role']}", dry_run=dry_run, yes=yes):
            client_id, secret = registry.create_client(console(), data)
            print_facts({"client_id": client_id, "client_secret": secret}, as_json=as_json)


@client.command("list")
@as_json_option
@with_appcontext
def list_clients(as_json: bool) -> None:
    """List the active clients.

    Example: flask equipment client list
    """
    shown = ("id", "legal_entity_id", "user_id", "role", "scopes")
    rows = _columns(queries.client_page(console(), ListRequest(size=MOST_ROWS)), shown)
    if not as_json:
        rows = [row | {"scopes": " ".join(row["scopes"])} for row in rows]
    print_rows(rows, as_json=as_json, ids=("legal_entity_id", "user_id"), cut=("scopes",))


@client.command("show")
@click.argument("client_id")
@as_json_option
@with_appcontext
def show_client(client_id: str, as_json: bool) -> None:
    """Show a client, a revoked one too, by its id or a beginning. Not its secret.

    Example: flask equipment client show 018f4c1e
    """
    with _refusals_spoken():
        facts = queries.client(named_in_registry("client", client_id))
        print_facts(facts if as_json else facts | {"scopes": " ".join(facts["scopes"])}, as_json=as_json)


@client.command("revoke")
@click.argument("client_id")
@acts
@with_appcontext
def revoke(client_id: str, dry_run: bool, yes: bool, as_json: bool) -> None:
    """End a client and every token it holds.

    Example: flask equipment client revoke 018f4c1e --yes
    """
    with _refusals_spoken():
        known = queries.client(named_in_registry("client", client_id))
        said = f"revoke the client of user {known['user_id']} with role {known['role']}: {' '.join(known['scopes'])}"
        if agreed(said, dry_run=dry_run, yes=yes):
            print_facts(queries.client(registry.revoke_client(console(), known["id"])), as_json=as_json)


@equipment.group("dictionary")
def dictionary() -> None:
    """The codes that requests may use.

    Example: flask equipment dictionary show
    """


@dictionary.command("load")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--name", type=click.Choice(DICTIONARIES), default=DEVICE_TYPES, show_default=True)
@delimiter_option
@acts
@with_appcontext
def load(file: Path, name: str, delimiter: str | None, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Make the codes of FILE the active ones; codes that are not in it are retired, not deleted.

    FILE is JSON, {"CODE": "description"}, or CSV with the columns code and description.

    Example: flask equipment dictionary load device_types.csv --yes
    """
    from blueprints.equipment.validation import check_body

    with _refusals_spoken():
        codes = check_body(schemas.DICTIONARY, _codes_of(file, delimiter))
        planned = registry.load_dictionary(console(), name, codes, dry_run=True)
        said = f"{name}: {planned.added} codes added, {planned.changed} changed, {planned.retired} retired"
        if agreed(said, dry_run=dry_run, yes=yes):
            print_facts(vars(registry.load_dictionary(console(), name, codes)), as_json=as_json)


@dictionary.command("show")
@click.option("--name", type=click.Choice(DICTIONARIES), default=DEVICE_TYPES, show_default=True)
@as_json_option
@with_appcontext
def show(name: str, as_json: bool) -> None:
    """List the codes of a dictionary, retired ones too.

    Example: flask equipment dictionary show --json
    """
    print_rows(queries.dictionary_page(console(), name, ListRequest(size=MOST_ROWS)).rows, as_json=as_json,
               cut=("description",))


def _codes_of(file: Path, delimiter: str | None) -> object:
    """Return code → description of a JSON or CSV file; raises ClickException when it is neither."""
    if file.suffix.lower() != ".csv":
        try:
            return json.loads(read_text(file))
        except (ValueError, RecursionError) as error:
            raise click.ClickException(f"{file} is no JSON: {error}") from error
    lines = read_csv(file, ("code", "description"), delimiter)
    if faults := [f"line {line.number}: {line.fault}" for line in lines if line.fault]:
        raise click.ClickException(f"{file}: {'; '.join(faults)}")
    codes: dict[str, str] = {}
    for line in lines:
        code = line.cells["code"]
        if code in codes:
            raise click.ClickException(f"{file}: line {line.number}: the code {code} stands above already")
        codes[code] = line.cells["description"]
    return codes


def _given(**filters: str | None) -> dict[str, str]:
    return {name: value for name, value in filters.items() if value is not None}


def _owner(legal_entity_id: str | None) -> str | None:
    return None if legal_entity_id is None else named_in_registry("legal entity", legal_entity_id)


def _columns(paged: queries.Paged, shown: tuple[str, ...]) -> list[dict[str, Any]]:
    return [{name: row[name] for name in shown} for row in paged.rows]
