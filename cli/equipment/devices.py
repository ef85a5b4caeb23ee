"""`flask equipment list` and `show`: what is registered."""
import click
from flask.cli import with_appcontext

from blueprints.equipment.rules import EQUIPMENT_STATUSES
from cli import completing
from cli.equipment.shown import MOST_ROWS, given, name_option, owner_named, owner_option, refusals_spoken
from cli.naming import named_in_registry, only_of
from cli.terminal import as_json_option, limit_option, print_facts, print_json, print_rows, say_more

_PARTS = {"names": ("name", "type", "inserted_at"), "divisions": ("division_name", "division_id", "is_active"),
          "statuses": ("status", "inserted_at")}


@click.command("list")
@name_option
@owner_option
@click.option("--division", "division_id", metavar="ID", shell_complete=completing.registered("division"),
              help="Only what stands in this division.")
@click.option("--status", type=click.Choice(EQUIPMENT_STATUSES), help="Only of this status.")
@click.option("--external-id", help="Only of this number of its owner.")
@limit_option("How many of the oldest.")
@as_json_option
@with_appcontext
def list_equipment(name: str | None, legal_entity_id: str | None, division_id: str | None, status: str | None,
                   external_id: str | None, limit: int, as_json: bool) -> None:
    """List equipment, the oldest first, and say how much there is: all that fits is counted, as by the API.

    Example: flask equipment list --name tomograph --status ACTIVE
    """
    from blueprints.equipment import queries
    from blueprints.equipment.queries import ListRequest
    from blueprints.equipment.tokens import console

    division_id = only_of("division", division_id)
    found = queries.equipment_page(console(), ListRequest(size=limit, filters=given(
        name=name, legal_entity_id=owner_named(legal_entity_id), division_id=division_id, status=status,
        external_id=external_id)))
    rows = found.rows if as_json else [
        {"id": row["id"], "name": row["name"], "type": row["type"],
         "status": row["status"], "external_id": row["external_id"]} for row in found.rows]
    print_rows(rows, as_json=as_json, empty="no equipment", cut=("name", "type", "external_id"))
    say_more(found.total - len(rows))


@click.command("show")
@click.argument("id", shell_complete=completing.registered("equipment"))
@as_json_option
@with_appcontext
def show_equipment(id: str, as_json: bool) -> None:
    """Show one piece of equipment, by its id, a beginning or the last eight digits: its names, places and
    statuses.

    Example: flask equipment show 018f4c1e
    """
    from blueprints.equipment import queries
    from blueprints.equipment.queries import ListRequest
    from blueprints.equipment.tokens import console

    with refusals_spoken():
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
