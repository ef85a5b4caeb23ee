"""`flask moderate audit`: whether the audit is what was written, and a copy of it to keep elsewhere."""
import click
from flask.cli import with_appcontext

from cli.moderate.options import realm_option
from cli.terminal import as_json_option, harmless_json, paragraphs, print_json


@click.group("audit")
def audit() -> None:
    """The audit, one chain of entries a realm whose end is signed: verify, export.

    Example: flask moderate audit verify
    """


@audit.command("verify")
@realm_option
@as_json_option
@with_appcontext
def verify(realm: str, as_json: bool) -> None:
    """Read the whole audit and say where it is not what was written; exit code 1 then.

    Example: flask moderate audit verify --json
    """
    from blueprints.platform.moderation.audit import verify as read_chain

    verdict = read_chain(realm)
    if as_json:
        print_json(verdict.wire())
    else:
        said = "all as they were written" if verdict.is_intact else "NOT what was written:"
        if verdict.is_intact and verdict.acknowledged:
            said = "as they were written but for what was acknowledged:"
        click.echo(f"{realm}: {verdict.entries} entries, {said}")
        for one in verdict.breaks:
            click.echo(paragraphs(one.says, "  ", "    "))
        for seen in verdict.acknowledged:
            click.echo(paragraphs(seen.says, "  ", "    "))
    if not verdict.is_intact:
        raise click.exceptions.Exit(1)


@audit.command("export")
@realm_option
@with_appcontext
def export(realm: str) -> None:
    """Print the audit as lines of JSON, the oldest entry first and the signed head at last.

    Example: flask moderate audit export > audit.jsonl
    """
    from blueprints.platform.moderation.audit import export as read_lines

    for line in read_lines(realm):
        click.echo(harmless_json(line))
