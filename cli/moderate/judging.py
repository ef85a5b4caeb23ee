"""`flask moderate warn`, `hide`, `show-again`, `suspend`, `ban`, `unban`, `override-feedback`: one act without a case.

It opens a case and resolves it, or resolves the one that waits (moderation.md M-17)."""
from typing import Any

import click
from flask.cli import with_appcontext

from app.actor import Actor
from blueprints.platform.moderation.rules import MOST_MUTED_DAYS
from cli import completing
from cli.moderate.options import DAYS, grounds, only_option, staff_acts, type_argument, why
from cli.moderate.outcome import judged
from cli.naming import named_account, named_thing
from cli.terminal import agreed, operator_actor, print_facts, rehearsed, spoken


@click.command("warn")
@type_argument
@click.argument("entity_id", metavar="ID", shell_complete=completing.things)
@why
@staff_acts
@with_appcontext
def warn(entity_type: str, entity_id: str, rule: str | None, reason: str | None, strike: bool | None, realm: str,
         operator: str | None, **agreement: bool) -> None:
    """Warn the person whom the TYPE with that ID concerns, by a letter.

    Example: flask moderate warn USER ben@demo.test --rule spam --as ada@example.com
    """
    actor = operator_actor(realm, operator)
    _act(actor, {"kind": "WARN"}, entity_type, named_thing(realm, entity_type, entity_id), "is warned of", rule, reason,
         strike, agreement)


@click.command("hide")
@type_argument
@click.argument("entity_id", metavar="ID", shell_complete=completing.things)
@click.option("--days", type=DAYS, help="For so many days; without it, until it is taken back.")
@why
@staff_acts
@with_appcontext
def hide(entity_type: str, entity_id: str, days: int | None, rule: str | None, reason: str | None,
         strike: bool | None, realm: str, operator: str | None, **agreement: bool) -> None:
    """Hide the TYPE with that ID from everybody but its owner, who sees it marked.

    Example: flask moderate hide PRODUCT 9f31c27a --days 7 --rule prohibited --as ada@example.com
    """
    actor = operator_actor(realm, operator)
    _act(actor, {"kind": "HIDE", "days": days}, entity_type, named_thing(realm, entity_type, entity_id),
         "is hidden" + _for(days), rule, reason, strike, agreement)


@click.command("show-again")
@type_argument
@click.argument("entity_id", metavar="ID", shell_complete=completing.things)
@why
@staff_acts
@with_appcontext
def show_again(entity_type: str, entity_id: str, rule: str | None, reason: str | None, strike: bool | None, realm: str,
               operator: str | None, **agreement: bool) -> None:
    """Lift everything that holds the TYPE with that ID; `undo` lifts what one act did.

    Example: flask moderate show-again PRODUCT 9f31c27a --reason "it was mended" --as ada@example.com
    """
    actor = operator_actor(realm, operator)
    _act(actor, {"kind": "SHOW_AGAIN"}, entity_type, named_thing(realm, entity_type, entity_id), "is shown again", rule,
         reason, strike, agreement)


@click.command("suspend")
@click.argument("user", shell_complete=completing.accounts)
@click.option("--days", type=DAYS, required=True, help="For so many days.")
@only_option
@why
@staff_acts
@with_appcontext
def suspend(user: str, days: int, only: str | None, rule: str | None, reason: str | None, strike: bool | None,
            realm: str, operator: str | None, **agreement: bool) -> None:
    """Suspend USER for some days: no login, nothing of theirs can be bought; or only from selling or buying.

    Example: flask moderate suspend sara@example.com --days 7 --only selling --rule counterfeit --as ada@example.com
    """
    actor = operator_actor(realm, operator)
    _act(actor, {"kind": "SUSPEND", "days": days, "scope": only and only.upper()}, "USER", named_account(realm, user),
         f"is suspended{f' from {only}' if only else ''}{_for(days)}", rule, reason, strike, agreement)


@click.command("ban")
@click.argument("user", shell_complete=completing.accounts)
@why
@staff_acts
@with_appcontext
def ban(user: str, rule: str | None, reason: str | None, strike: bool | None, realm: str, operator: str | None,
        **agreement: bool) -> None:
    """Suspend USER for good, take back all bids, cancel unpaid orders, and refuse that address from now on.

    Example: flask moderate ban sara@example.com --rule fraud --as ada@example.com
    """
    actor = operator_actor(realm, operator)
    _act(actor, {"kind": "BAN"}, "USER", named_account(realm, user), "is banned", rule, reason, strike, agreement)


@click.command("unban")
@click.argument("user", shell_complete=completing.accounts)
@why
@staff_acts
@with_appcontext
def unban(user: str, rule: str | None, reason: str | None, strike: bool | None, realm: str, operator: str | None,
          **agreement: bool) -> None:
    """Let USER in again: lifts every suspension and ban; `undo` lifts one.

    Example: flask moderate unban sara@example.com --reason "we were wrong" --as ada@example.com
    """
    actor = operator_actor(realm, operator)
    _act(actor, {"kind": "UNBAN"}, "USER", named_account(realm, user), "is let in again", rule, reason, strike,
         agreement)


@click.command("mute-reporter")
@click.argument("user", metavar="USER", shell_complete=completing.accounts)
@click.option("--days", type=click.IntRange(0, MOST_MUTED_DAYS), default=30, show_default=True,
              help="For so many days; 0 takes them again.")
@staff_acts
@with_appcontext
def mute_reporter(user: str, days: int, realm: str, operator: str | None, dry_run: bool, yes: bool,
                  as_json: bool) -> None:
    """Take no reports of USER, who abuses them, for some days (M-32).

    Example: flask moderate mute-reporter ben@demo.test --days 30 --as ada@example.com
    """
    from blueprints.platform.moderation import receipts

    actor, person_id = operator_actor(realm, operator), named_account(realm, user)
    said = f"no reports of {user} are taken for {days} days" if days else f"reports of {user} are taken again"
    rehearsed(actor, lambda: receipts.mute_reporter(actor, person_id, days))
    if not agreed(said, dry_run=dry_run, yes=yes):
        return
    spoken(lambda: receipts.mute_reporter(actor, person_id, days))
    print_facts({"userId": person_id, "mutedDays": days}, as_json=as_json)


@click.command("override-feedback")
@click.argument("feedback_id", metavar="ID", shell_complete=completing.feedback)
@click.option("--rating", type=click.IntRange(1, 5), help="The stars it has from now on.")
@click.option("--comment", help="What it says from now on.")
@why
@staff_acts
@with_appcontext
def override_feedback(feedback_id: str, rating: int | None, comment: str | None, rule: str | None, reason: str | None,
                      strike: bool | None, realm: str, operator: str | None, **agreement: bool) -> None:
    """Correct rating or comment of the feedback with that ID; a strike only with --strike.

    Example: flask moderate override-feedback 9f31c27a --comment "[removed]" --rule privacy --as ada@example.com
    """
    actor = operator_actor(realm, operator)
    changes = {name: value for name, value in {"rating": rating, "comment": comment}.items() if value is not None}
    if not changes:
        raise click.UsageError("say --rating or --comment")
    _act(actor, {"kind": "OVERRIDE_FEEDBACK", "changes": changes}, "FEEDBACK",
         named_thing(realm, "FEEDBACK", feedback_id), f"gets {', '.join(changes)} anew", rule, reason, strike,
         agreement)


def _act(actor: Actor, terms: dict[str, Any], entity_type: str, entity_id: str, done: str, rule: str | None,
         reason: str | None, strike: bool | None, agreement: dict[str, bool]) -> None:
    """Do one act; `done` is what becomes of the thing, as one says it, `agreement` how it is agreed to and told."""
    from blueprints.platform.moderation import cases, statements
    from blueprints.platform.moderation.acts import ActOrder
    from blueprints.platform.moderation.subjects import subject_of

    said = grounds(actor.realm, rule, reason)
    order = ActOrder(entity_type=entity_type, entity_id=entity_id, **terms)
    title = spoken(lambda: subject_of(actor, entity_type, entity_id)).title
    letter = spoken(lambda: statements.preview_act(actor, order, reason=said, rule=rule, strike=strike))
    judged(lambda: cases.act(actor, order, reason=said, rule=rule, strike=strike), letter,
           f"{entity_type} “{title}” {done}", actor=actor, **agreement)


def _for(days: int | None) -> str:
    return "" if days is None else f" for {days} day{'' if days == 1 else 's'}"
