"""`flask moderate appeals` and `decide`: what people say against a strike, and what becomes of it."""
import click
from flask.cli import with_appcontext

from blueprints.platform.moderation.rules import APPEAL_STATES, appeal_name
from cli.moderate.options import number_argument, realm_option, reason_option, staff_acts
from cli.moderate.outcome import say_lost
from cli.terminal import (
    agreed,
    as_json_option,
    limit_option,
    minute,
    operator_actor,
    print_json,
    print_rows,
    reading_actor,
    rehearsed,
    spoken,
)


@click.command("appeals")
@realm_option
@click.option("--state", type=click.Choice((*APPEAL_STATES, "ALL"), case_sensitive=False), default="OPEN",
              show_default=True, help="Only those in this state.")
@limit_option("Rows at most.")
@as_json_option
@with_appcontext
def appeals(realm: str, state: str, limit: int, as_json: bool) -> None:
    """Show the appeals that wait, the newest first, with what each says; `show` the case of one for what it is against.

    Example: flask moderate appeals
    """
    from app.data.reads import Page
    from app.data.reads.read_request import ReadRequest
    from blueprints.platform.moderation.act_models import Appeal
    from blueprints.platform.moderation.appeals import list_appeals
    from blueprints.platform.people.briefs import user_briefs

    where = [] if state == "ALL" else [Appeal.state == state]
    rows = list_appeals(reading_actor(realm), ReadRequest(page=Page(1, limit), where=where)).rows
    if as_json:
        print_json(rows)
        return
    names = user_briefs(realm, [row["personId"] for row in rows])
    print_rows([{"appeal": f"p{row['number']}", "case": row["caseNumber"],
                 "against": appeal_name(row["strikeNumber"], row["actNumber"]),
                 "by": names.get(row["personId"], {}).get("fullname", "nobody"), "state": row["state"].lower(),
                 "made": minute(row["createdAt"]), "text": row["text"]} for row in rows],
               as_json=False, empty="no appeals", cut=("by",), below="text")


@click.command("decide")
@number_argument("appeal", "APPEAL", "p")
@click.option("--grant/--deny", "granted", default=None, help="Undo what the strike is for, or stay with it.")
@reason_option
@staff_acts
@with_appcontext
def decide(appeal: tuple[str, int], granted: bool | None, reason: str, realm: str, operator: str | None,
           dry_run: bool, yes: bool, as_json: bool) -> None:
    """Decide APPEAL, as p3: granted, every act that it is against is undone, and the strike that they left is revoked.
    Says first what cannot be undone.

    Who struck does not decide while another moderator can.

    Example: flask moderate decide p3 --grant --reason "the receipt is genuine" --as bob@example.com
    """
    from blueprints.platform.moderation import appeals

    actor, number = operator_actor(realm, operator), appeal[1]
    if granted is None:
        raise click.UsageError("say --grant or --deny")
    say_lost(rehearsed(actor, lambda: appeals.decide(actor, number, granted=granted, reason=reason)).lost)
    what = "granted: everything that it is against is undone" if granted else "denied"
    if not agreed(f"p{number} is {what}", dry_run=dry_run, yes=yes):
        return
    decision = spoken(lambda: appeals.decide(actor, number, granted=granted, reason=reason))
    undone = [f"a{act.number}" for act in decision.undone]
    state = decision.appeal.state.lower()
    if as_json:
        against = appeal_name(decision.appeal.strike_number, decision.appeal.act_number)
        print_json({"appeal": f"p{number}", "state": state, "against": against, "undone": undone,
                    "lost": decision.lost})
        return
    click.echo(", ".join([f"p{number} {state}", *([f"{' '.join(undone)} undone"] if undone else [])]))
    say_lost(decision.lost)
