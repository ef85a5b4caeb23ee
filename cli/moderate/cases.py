"""`flask moderate take`, `release`, `note`, `ask`, `dismiss`, `resolve`: what is done to a case."""
from typing import Any

import click
from flask.cli import with_appcontext

from blueprints.marketplace.admin_moderation.rules import ENTITY_TYPES as RECORDED_TYPES
from cli import completing
from cli.moderate.options import (
    DAYS,
    Numbered,
    grounds,
    number_argument,
    only_option,
    reason_option,
    staff_acts,
    why,
)
from cli.moderate.outcome import judged
from cli.naming import named_thing
from cli.terminal import agreed, operator_actor, print_facts, rehearsed, spoken

_FLAGS = {"warn": "WARN", "hide": "HIDE", "remove": "REMOVE", "show_again": "SHOW_AGAIN", "ban": "BAN"}
_case_argument = number_argument("case", "CASE")


@click.command("take")
@_case_argument
@staff_acts
@with_appcontext
def take(case: tuple[str, int], realm: str, operator: str | None, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Take CASE for 24 hours: nobody else judges it meanwhile.

    Example: flask moderate take 142 --as ada@example.com --yes
    """
    from blueprints.platform.moderation import cases

    actor = operator_actor(realm, operator)
    rehearsed(actor, lambda: cases.take(actor, case[1]))
    if agreed(f"case {case[1]} is with {actor.fullname} for 24 hours", dry_run=dry_run, yes=yes):
        _print_case(spoken(lambda: cases.take(actor, case[1])), as_json=as_json)


@click.command("release")
@_case_argument
@staff_acts
@with_appcontext
def release(case: tuple[str, int], realm: str, operator: str | None, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Give CASE back: whoever likes takes it. A superAdmin gives back what another has.

    Example: flask moderate release 142 --as ada@example.com --yes
    """
    from blueprints.platform.moderation import cases

    actor = operator_actor(realm, operator)
    rehearsed(actor, lambda: cases.release(actor, case[1]))
    if agreed(f"case {case[1]} is with nobody", dry_run=dry_run, yes=yes):
        _print_case(spoken(lambda: cases.release(actor, case[1])), as_json=as_json)


@click.command("note")
@click.argument("about", metavar="CASE|TYPE", shell_complete=completing.numbers(""))
@click.argument("entity_id", metavar="[ID]", required=False, shell_complete=completing.things)
@click.option("--reason", required=True, help="What the note says; other staff read it.")
@staff_acts
@with_appcontext
def note(about: str, entity_id: str | None, reason: str, realm: str, operator: str | None, dry_run: bool, yes: bool,
         as_json: bool) -> None:
    """Leave a note for other staff: on a CASE, or in the record on the TYPE with that ID. Nothing else changes.

    Example: flask moderate note 142 --reason "the seller shows a receipt" --as ada@example.com --yes
    """
    from blueprints.platform.moderation import cases

    actor = operator_actor(realm, operator)
    if entity_id is not None:
        _note_in_record(actor, about, entity_id, reason, dry_run=dry_run, yes=yes, as_json=as_json)
        return
    number = Numbered().convert(about, None, click.get_current_context())[1]
    rehearsed(actor, lambda: cases.add_note(actor, number, reason))
    if agreed(f"a note is written on case {number}", dry_run=dry_run, yes=yes):
        _print_case(spoken(lambda: cases.add_note(actor, number, reason)), as_json=as_json)


@click.command("ask")
@_case_argument
@click.argument("question")
@staff_acts
@with_appcontext
def ask(case: tuple[str, int], question: str, realm: str, operator: str | None, dry_run: bool, yes: bool,
        as_json: bool) -> None:
    """Ask the person of CASE a QUESTION by letter, before anything is decided. It leaves no strike.

    Example: flask moderate ask 142 "Do you have the receipt?" --as ada@example.com
    """
    from blueprints.platform.moderation import cases

    actor = operator_actor(realm, operator)
    if not question.strip():
        raise click.UsageError("QUESTION: must not be blank")
    rehearsed(actor, lambda: cases.ask(actor, case[1], question))
    if agreed(f"the person of case {case[1]} is asked by letter: {question}", dry_run=dry_run, yes=yes):
        _print_case(spoken(lambda: cases.ask(actor, case[1], question)), as_json=as_json)


@click.command("dismiss")
@_case_argument
@click.option("--rule", metavar="CODE", shell_complete=completing.rules,
              help="The rule that was not broken: `flask moderate rules list`.")
@reason_option
@staff_acts
@with_appcontext
def dismiss(case: tuple[str, int], rule: str | None, reason: str, realm: str, operator: str | None, dry_run: bool,
            yes: bool, as_json: bool) -> None:
    """Close CASE without an act: its reports are declined, and who reported is told.

    Example: flask moderate dismiss 142 --reason "it is genuine" --as ada@example.com
    """
    from blueprints.platform.moderation import cases

    actor = operator_actor(realm, operator)
    said = grounds(realm, rule, reason)
    rehearsed(actor, lambda: cases.dismiss(actor, case[1], reason=said, rule=rule))
    if agreed(f"case {case[1]} is dismissed, its reports are declined", dry_run=dry_run, yes=yes):
        _print_case(spoken(lambda: cases.dismiss(actor, case[1], reason=said, rule=rule)), as_json=as_json)


@click.command("resolve")
@_case_argument
@click.option("--warn", is_flag=True, help="Warn its person.")
@click.option("--hide", is_flag=True, help="Hide the thing: its owner still sees it, marked.")
@click.option("--remove", is_flag=True, help="Remove the thing: staff alone see it.")
@click.option("--show-again", is_flag=True, help="Lift what holds the thing.")
@click.option("--days", type=DAYS, help="How long it is hidden or removed; without it, until it is taken back.")
@click.option("--suspend", type=DAYS, metavar="DAYS", help="Suspend its person for so many days.")
@only_option
@click.option("--ban", is_flag=True, help="Suspend its person for good.")
@why
@staff_acts
@with_appcontext
def resolve(case: tuple[str, int], days: int | None, suspend: int | None, only: str | None, rule: str | None,
            reason: str | None, strike: bool | None, realm: str, operator: str | None, dry_run: bool, yes: bool,
            as_json: bool, **flags: bool) -> None:
    """Resolve CASE by one or more acts, in one transaction; shows the letter to its person before it asks.

    Example: flask moderate resolve 142 --remove --suspend 7 --rule counterfeit --as ada@example.com
    """
    from blueprints.platform.moderation import cases, statements
    from blueprints.platform.moderation.case_queue import case_subject
    from blueprints.platform.moderation.queries import order_in_case

    actor, number = operator_actor(realm, operator), case[1]
    terms = _terms(flags, days, suspend, only)
    said = grounds(realm, rule, reason)
    orders = spoken(lambda: [order_in_case(realm, number, **one) for one in terms])
    letter = None
    if case_subject(realm, number)[2] is not None:
        letter = statements.preview(actor, number, orders, reason=said, rule=rule, strike=strike)
    judged(lambda: cases.resolve(actor, number, acts=orders, reason=said, rule=rule, strike=strike), letter,
           f"case {number}: {', '.join(_spoken_terms(one) for one in terms)}", actor=actor, dry_run=dry_run, yes=yes,
           as_json=as_json)


def _terms(flags: dict[str, bool], days: int | None, suspend: int | None, only: str | None) -> list[dict[str, Any]]:
    """Return the acts that were asked for; a usage error for none, and for terms of what is not asked for."""
    terms: list[dict[str, Any]] = [{"kind": kind} for flag, kind in _FLAGS.items() if flags[flag]]
    if suspend is not None:
        terms.append({"kind": "SUSPEND", "days": suspend} | ({"scope": only.upper()} if only else {}))
    elif only:
        raise click.UsageError("--only is for --suspend")
    if not terms:
        raise click.UsageError("say what is done: --warn, --hide, --remove, --show-again, --suspend DAYS or --ban; "
                               "nothing is `flask moderate dismiss`")
    if days is not None:
        held = [one for one in terms if one["kind"] in ("HIDE", "REMOVE")]
        if not held:
            raise click.UsageError("--days is for --hide and --remove; --suspend has its own")
        for one in held:
            one["days"] = days
    return terms


def _spoken_terms(one: dict[str, Any]) -> str:
    said = one["kind"].lower().replace("_", " ")
    return said + "".join(f" {one[name]}" for name in ("scope",) if name in one).lower() + (
        f" for {one['days']} days" if "days" in one else "")


def _note_in_record(actor: Any, entity_type: str, entity_id: str, reason: str, *, dry_run: bool, yes: bool,
                    as_json: bool) -> None:
    from blueprints.marketplace.admin_moderation import commands

    named = entity_type.upper()
    if actor.realm != "marketplace" or named not in RECORDED_TYPES:
        raise click.BadParameter(f"expected a case, or one of {', '.join(RECORDED_TYPES)} of the marketplace",
                                 param_hint="CASE|TYPE")
    thing_id = named_thing(actor.realm, named, entity_id)

    def recorded() -> Any:
        return commands.record_action(actor, entity_type=named, entity_id=thing_id, action_type="ADMIN_NOTE",
                                      reason=reason)

    rehearsed(actor, recorded)
    if agreed(f"a note is recorded on {named} {thing_id}", dry_run=dry_run, yes=yes):
        entry = spoken(recorded)
        print_facts({"id": entry.id, "reason": entry.reason}, as_json=as_json)


def _print_case(case: Any, *, as_json: bool) -> None:
    print_facts({"case": case.number, "state": case.state, "assigneeId": case.assignee_id}, as_json=as_json)
