"""`flask moderate record`, `restore`, `flag-media`, `second-chance`: corrections that leave entries."""
from collections.abc import Callable
from typing import Any

import click
from flask.cli import with_appcontext

from app.errors import NotFound
from blueprints.marketplace.admin_moderation.rules import ACTION_TYPES, ENTITY_TYPES, NOBODY
from cli import completing
from cli.moderate.options import realm_option, reason_option, staff_acts, type_argument
from cli.naming import named_account, named_listing, named_thing, the_one
from cli.terminal import (
    acts,
    agreed,
    as_json_option,
    limit_option,
    minute,
    operator_actor,
    operator_option,
    print_facts,
    print_rows,
    reading_actor,
    rehearsed,
    say_unchanged,
    spoken,
)

_REALM, _TERMINAL = "marketplace", "terminal"
_SHOWN = ("actionTimestamp", "actionType", "entityType", "entityId", "adminId", "reason")


@click.command("record")
@click.option("--by", metavar="USER", shell_complete=completing.traders,
              help=f"Only what this member of staff did: an e-mail or id; {_TERMINAL} for the terminal without --as.")
@click.option("--action", metavar="ACTION", type=click.Choice(ACTION_TYPES, case_sensitive=False),
              help=f"Only of this kind: {', '.join(ACTION_TYPES)}.")
@click.option("--type", "entity_type", type=click.Choice(ENTITY_TYPES, case_sensitive=False),
              help="Only what was done to things of this type.")
@click.option("--on", "thing", metavar="ID", shell_complete=completing.things, help="Only what was done to this thing.")
@click.option("--since", metavar="DATE", help="Only from then on, as 2026-01-31 or 2026-01-31T12:00.")
@click.option("--until", metavar="DATE", help="Only to the end of that day, or to that time.")
@limit_option("How many of the latest.")
@realm_option
@as_json_option
@with_appcontext
def record(by: str | None, action: str | None, entity_type: str | None, thing: str | None, since: str | None,
           until: str | None, limit: int, realm: str, as_json: bool) -> None:
    """Show what staff and operators changed by hand, the most recent first; the network has the audit instead.

    Example: flask moderate record --by ada@example.com --action SOFT_DELETE --since 2026-01-31
    """
    from app.data.reads import Page
    from app.data.reads.read_request import ReadRequest
    from blueprints.marketplace.admin_moderation import queries

    if realm != _REALM:
        raise click.ClickException(f"{realm} keeps no such record; the audit has what its staff did: "
                                   f"flask moderate audit export --realm {realm}")
    where = _narrowed(adminId=by and (NOBODY if by == _TERMINAL else named_account(_REALM, by)), actionType=action,
                      entityType=entity_type, dateFrom=since, dateTo=until,
                      entityId=thing and the_one(queries.things_named(thing), f"the record has nothing on {thing}"))
    entries = queries.list_actions(reading_actor(_REALM), ReadRequest(page=Page(1, limit), where=where)).rows
    rows = [{name: entry[name] for name in _SHOWN} for entry in entries]
    if not as_json:
        rows = [row | {"actionTimestamp": minute(row["actionTimestamp"])} for row in rows]
    print_rows(rows, as_json=as_json, empty="nothing is recorded", ids=("entityId", "adminId"), cut=("reason",))


def _narrowed(**given: str | None) -> list[Any]:
    """Return the conditions of the API's own filters that were given; a date that is none is wrong usage (2)."""
    from app.errors import InvalidInput
    from app.runtime import runtime
    from blueprints.marketplace.admin_moderation.queries import ACTION_FILTERS

    asked = {name: [value] for name, value in given.items() if value is not None}
    try:
        return ACTION_FILTERS.conditions(asked, runtime().settings.zone_of(_REALM))[0]
    except InvalidInput as error:
        wrong = {"dateFrom": "--since", "dateTo": "--until"}
        raise click.UsageError("; ".join(f"{wrong[name]}: {said}" for name, said in error.detail.items())) from error


@click.command("restore")
@type_argument
@click.argument("entity_id", metavar="ID", shell_complete=completing.things)
@reason_option
@staff_acts
@with_appcontext
def restore(entity_type: str, entity_id: str, reason: str, realm: str, operator: str | None, dry_run: bool, yes: bool,
            as_json: bool) -> None:
    """Bring the TYPE with that ID back, which was soft-deleted; leaves an entry in the record, or in the audit alone.

    What moderation holds is shown again instead. In the network TYPE is POST, COMMENT, JOB, COMPANY, PROFILE or USER.

    Example: flask moderate restore PRODUCT 9f31c27a --reason "removed by mistake" --as ada@example.com
    """
    from blueprints.platform.moderation.restoring import restore_thing

    actor, thing_id = operator_actor(realm, operator), named_thing(realm, entity_type, entity_id)

    def restored() -> bool:
        return _unless_missing(f"there is no {entity_type} {thing_id}", lambda: restore_thing(
            actor, entity_type=entity_type, entity_id=thing_id, reason=reason))

    if not rehearsed(actor, restored):
        say_unchanged(f"{entity_type} {thing_id} is there")
    elif agreed(f"{entity_type} {thing_id} comes back", dry_run=dry_run, yes=yes):
        spoken(restored)
        print_facts({"entityType": entity_type, "entityId": thing_id, "restored": True}, as_json=as_json)


@click.command("flag-media")
@click.argument("media_id", metavar="ID", shell_complete=completing.pictures)
@reason_option
@operator_option
@acts
@with_appcontext
def flag_media(media_id: str, reason: str, operator: str | None, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Remove the media asset with that ID, also from its listings; leaves an entry in the record.

    Example: flask moderate flag-media 9f31c27a --reason "shows a person's papers" --as ada@example.com
    """
    from blueprints.marketplace.admin_moderation import corrections

    actor, asset_id = operator_actor(_REALM, operator), named_thing(_REALM, "MEDIA", media_id)

    def flagged() -> None:
        _unless_missing(f"there is no media asset {asset_id}",
                        lambda: corrections.flag_media(actor, media_asset_id=asset_id, reason=reason))

    rehearsed(actor, flagged)
    if agreed(f"media asset {asset_id} is removed", dry_run=dry_run, yes=yes):
        spoken(flagged)
        print_facts({"mediaAssetId": asset_id, "removed": True}, as_json=as_json)


def _unless_missing(missing: str, correct: Callable[[], Any]) -> Any:
    """Correct something; raises ClickException with the sentence `missing` where there is nothing to correct."""
    try:
        return correct()
    except NotFound as error:
        raise click.ClickException(missing) from error


@click.command("second-chance")
@click.argument("product_id", metavar="ID", shell_complete=completing.auctions)
@reason_option
@operator_option
@acts
@with_appcontext
def second_chance(product_id: str, reason: str, operator: str | None, dry_run: bool, yes: bool,
                  as_json: bool) -> None:
    """Offer auction ID, won and left unpaid, to the runner-up at that bidder's amount; leaves an entry in the record.

    Example: flask moderate second-chance 9f31c27a --reason "buyer is gone" --as ada@example.com
    """
    from blueprints.marketplace.admin_moderation import commands
    from blueprints.marketplace.auction_offer.queries import auction_report

    actor = operator_actor(_REALM, operator)
    report = spoken(lambda: auction_report(named_listing(product_id)))
    rehearsed(actor, lambda: commands.give_second_chance(actor, report["id"], reason=reason))
    if not agreed(f"“{report['title']}” was closed at {report['closedAt'] or '(it runs)'}; its unpaid win is cancelled "
                  "and the runner-up gets an offer", dry_run=dry_run, yes=yes):
        return
    offer_id = spoken(lambda: commands.give_second_chance(actor, report["id"], reason=reason))
    print_facts({"productId": report["id"], "offerId": offer_id}, as_json=as_json)
