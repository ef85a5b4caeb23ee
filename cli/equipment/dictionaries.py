"""`flask equipment dictionary`: the codes that requests may name."""
import json
from functools import partial
from pathlib import Path

import click
from flask.cli import with_appcontext

from blueprints.equipment.rules import DEVICE_TYPES, DICTIONARIES
from cli.csv_file import delimiter_option, read_csv, read_text
from cli.equipment.shown import MOST_ROWS, refusals_spoken, rehearsed
from cli.terminal import acts, agreed, as_json_option, print_facts, print_rows

name_option = click.option("--name", type=click.Choice(DICTIONARIES), default=DEVICE_TYPES, show_default=True,
                           help="Which dictionary.")


@click.group("dictionary")
def dictionary() -> None:
    """The codes that requests may use.

    Example: flask equipment dictionary show
    """


@dictionary.command("load")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@name_option
@delimiter_option
@acts
@with_appcontext
def load(file: Path, name: str, delimiter: str | None, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Make the codes of FILE the active ones; codes that are not in it are retired, not deleted.

    FILE is JSON, {"CODE": "description"}, or CSV with the columns code and description.

    Example: flask equipment dictionary load device_types.csv --yes
    """
    from blueprints.equipment import registry, schemas
    from blueprints.equipment.tokens import console
    from blueprints.equipment.validation import check_body

    with refusals_spoken():
        codes = check_body(schemas.DICTIONARY, _codes_of(file, delimiter))
        load_codes = partial(registry.load_dictionary, console(), name, codes)
        planned = rehearsed(load_codes)
        said = f"{name}: {planned.added} codes added, {planned.changed} changed, {planned.retired} retired"
        if agreed(said, dry_run=dry_run, yes=yes):
            print_facts(vars(load_codes()), as_json=as_json)


@dictionary.command("show")
@name_option
@as_json_option
@with_appcontext
def show(name: str, as_json: bool) -> None:
    """List the codes of a dictionary, retired ones too.

    Example: flask equipment dictionary show --json
    """
    from blueprints.equipment import queries
    from blueprints.equipment.queries import ListRequest
    from blueprints.equipment.tokens import console

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
