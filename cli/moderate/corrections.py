"""`flask moderate record`, `restore`, `flag-media`, `second-chance`: corrections that leave entries."""
from collections.abc import Callable
from typing import Any

import click
from flask.cli import with_appcontext

from app.errors import NotFound
from cli import completing
from cli.moderate.options import realm_option, reason_option, staff_acts, type_argument
from cli.naming import named_listing, named_thing
from cli.terminal import (
    acts,
    agreed,
    as_json_option,
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

_REALM = "marketplace"
_SHOWN = ("actionTimestamp", "actionType", "entityType", "entityId", "adminId", "reason")


@click.command("record")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 1000), help="How many of the latest.")
@realm_option
@as_json_option
@with_appcontext
def record(limit: int, realm: str, as_json: bool) -> None:
    """Show what staff and operators changed by hand, the most recent first; the network has the audit instead.

    Example: flask moderate record --json
    """
    from app.data.reads import Page
    from app.data.reads.read_request import ReadRequest
    from blueprints.marketplace.admin_moderation import queries

    if realm != _REALM:
        raise click.ClickException(f"{realm} keeps no such record; the audit has what its staff did: "
                                   f"flask moderate audit export --realm {realm}")
    entries = queries.list_actions(reading_actor(_REALM), ReadRequest(page=Page(1, limit))).rows
    rows = [{name: entry[name] for name in _SHOWN} for entry in entries]
    if not as_json:
        rows = [row | {"actionTimestamp": minute(row["actionTimestamp"])} for row in rows]
    print_rows(rows, as_json=as_json, empty="nothing is recorded", ids=("entityId", "adminId"), cut=("reason",))


@click.command("restore")
@type_argument
@click.argument("entity_id", metavar="ID")
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
@click.argument("media_id", metavar="ID")
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
