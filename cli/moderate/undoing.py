"""`flask moderate undo`: one act, or a bulk, is taken back; what cannot come back is said before it is asked."""
import click
from flask.cli import with_appcontext

from cli.moderate.bulks import undo_bulk
from cli.moderate.options import number_argument, reason_option, staff_acts
from cli.moderate.outcome import print_undoing, say_lost
from cli.terminal import agreed, operator_actor, rehearsed, say_unchanged, spoken


@click.command("undo")
@number_argument("act", "ACT|BULK", "a", "b")
@click.option("--force", is_flag=True, help="Undo it although the thing was changed since.")
@reason_option
@staff_acts
@with_appcontext
def undo(act: tuple[str, int], force: bool, reason: str, realm: str, operator: str | None, dry_run: bool, yes: bool,
         as_json: bool) -> None:
    """Undo ACT, as a57: only what this act did is taken back, and its person is told. Says first what cannot be.

    A BULK, as b2, is undone backwards, each thing by itself.

    Example: flask moderate undo a57 --reason "it is genuine" --as ada@example.com
    """
    from blueprints.platform.moderation import acts

    actor, number = operator_actor(realm, operator), act[1]
    if act[0] == "b":
        undo_bulk(actor, number, reason=reason, dry_run=dry_run, yes=yes, as_json=as_json)
        return
    kind, state = spoken(lambda: acts.known_act(realm, number))
    if state == "UNDONE":
        say_unchanged(f"a{number} is undone already")
        return
    say_lost(rehearsed(actor, lambda: acts.undo(actor, number, reason=reason, force=force)).lost)
    if agreed(f"a{number} ({kind.lower().replace('_', ' ')}) is undone", dry_run=dry_run, yes=yes):
        undone = spoken(lambda: acts.undo(actor, number, reason=reason, force=force))
        print_undoing([f"a{number}"], undone.lost, as_json=as_json)
