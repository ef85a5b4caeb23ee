"""`flask orders`: look for orders, see one whole, ship one in its seller's place.

The services are imported by the commands that need them: help answers at once."""
from datetime import datetime
from typing import Any

import click
from flask.cli import with_appcontext

from blueprints.marketplace.order_management.rules import ORDER_STATUSES
from cli import completing
from cli.naming import named_account, named_order
from cli.terminal import (
    Part,
    acts,
    agreed,
    as_json_option,
    limit_option,
    minute,
    operator_actor,
    operator_option,
    print_facts,
    print_record,
    print_rows,
    rehearsed,
    say_unchanged,
    spoken,
)

_REALM = "marketplace"
_CHECKOUT = "orderManagementOrder"
_SHOWN = ("id", "number", "status", "total", "currency", "buyer", "seller", "placedAt")
_LOOKS = {
    "parties": Part(("as", "id", "fullname", "email", "phone", "state"), ids=("id",), cut=("fullname", "email")),
    "lines": Part(("id", "productId", "title", "quantity", "price", "shipping", "currency", "sellerId", "units"),
                  ids=("id", "productId", "sellerId"), cut=("title",)),
    "payments": Part(("attempt", "state", "amount", "currency", "intent", "error", "started"), cut=("intent", "error")),
    "refunds": Part(("refund", "state", "amount", "currency", "reason", "requested"), cut=("refund", "reason")),
    "disputes": Part(("dispute", "status", "amount", "currency", "reason", "opened"), cut=("dispute", "reason")),
    "ledger": Part(("at", "kind", "sellerId", "gross", "commission", "net", "currency"), ids=("sellerId",)),
    "history": Part(("at", "what", "by", "amount", "details"), cut=("details",)),
}


@click.group()
def orders() -> None:
    """Orders: list, find, show; ship one in its seller's place. ORDER is an id, its beginning or last eight digits, or
    an order number.

    Example: flask orders find anna@demo.test
    """


@orders.command("list")
@click.option("--status", type=click.Choice(ORDER_STATUSES), help="Only those of this status.")
@click.option("--buyer", metavar="USER", shell_complete=completing.traders,
              help="Only what this user bought: an e-mail or id.")
@click.option("--seller", metavar="USER", shell_complete=completing.traders,
              help="Only those with a line of this user: an e-mail or id.")
@click.option("--since", metavar="DATE", help="Only those placed since then, as 2026-01-31 or 2026-01-31T12:00.")
@limit_option("How many of the latest.")
@as_json_option
@with_appcontext
def list_orders(status: str | None, buyer: str | None, seller: str | None, since: str | None, limit: int,
                as_json: bool) -> None:
    """Show the latest orders, cancelled ones too, the newest first.

    Example: flask orders list --status PAID --since 2026-01-31
    """
    from blueprints.marketplace.order_management.inspection import recent_orders

    placed_since = None if since is None else _moment(since)
    _print_orders(recent_orders(
        status=status, since=placed_since, limit=limit, buyer_id=buyer and named_account(_REALM, buyer),
        seller_id=seller and named_account(_REALM, seller)), as_json=as_json)


@orders.command("find")
@click.argument("text")
@limit_option("How many of the latest.")
@as_json_option
@with_appcontext
def find(text: str, limit: int, as_json: bool) -> None:
    """Show the orders that TEXT names: a number, a beginning or the last eight digits of an id, or buyer or seller by
    e-mail or a part of the name.

    Example: flask orders find "Anna Seller" --json
    """
    from blueprints.marketplace.order_management.inspection import find_orders

    _print_orders(find_orders(text.strip(), limit), as_json=as_json)


@orders.command("show")
@click.argument("order", shell_complete=completing.orders)
@as_json_option
@with_appcontext
def show(order: str, as_json: bool) -> None:
    """Show ORDER whole: parties (masked), lines, amounts, payments, refunds, disputes, ledger, what happened.

    Example: flask orders show 9f31c27a
    """
    facts, parts = _whole(named_order(order))
    print_record(facts, parts, _LOOKS, as_json=as_json)


@orders.command("ship")
@click.argument("order", shell_complete=completing.orders)
@click.option("--carrier", required=True, help="Who carries it.")
@click.option("--tracking", required=True, help="Its tracking number.")
@click.option("--reason", required=True, help="Why staff ships it; it is recorded.")
@operator_option
@acts
@with_appcontext
def ship(order: str, carrier: str, tracking: str, reason: str, operator: str | None, dry_run: bool, yes: bool,
         as_json: bool) -> None:
    """Ship the paid ORDER in its seller's place; leaves an entry in the record (`flask moderate record`).

    Example: flask orders ship 9f31c27a --carrier Post --tracking RR1 --reason "seller is gone" --as ada@example.com
    """
    from app.errors import InvalidInput
    from app.http.schemas import load
    from blueprints.marketplace.admin_moderation.corrections import ship_for_seller
    from blueprints.marketplace.order_management.queries import known_order
    from blueprints.marketplace.order_management.schemas import StatusChange

    actor = operator_actor(_REALM, operator)
    if not reason.strip():
        raise click.UsageError("--reason: must not be blank")
    try:
        given = load(StatusChange(), {"carrier": carrier, "trackingNumber": tracking})
    except InvalidInput as error:
        raise click.UsageError(error.message) from error
    facts = known_order(named_order(order))
    status = facts["state"].partition("/")[0]
    if status == "SHIPPED":
        say_unchanged(f"order {facts['orderNumber']} is shipped already")
        return
    if not facts["isActive"]:
        raise click.ClickException(f"order {facts['orderNumber']} was cancelled")

    def shipped() -> None:
        ship_for_seller(actor, facts["id"], reason=reason.strip(), **given)

    rehearsed(actor, shipped)
    if not agreed(f"order {facts['orderNumber']} is {facts['state']}; it is shipped by {given['carrier']}, "
                  f"{given['tracking_number']}, and its buyer is told", dry_run=dry_run, yes=yes):
        return
    spoken(shipped)
    after = known_order(facts["id"])
    print_facts({"id": after["id"], "orderNumber": after["orderNumber"], "state": after["state"],
                 "carrier": given["carrier"], "trackingNumber": given["tracking_number"]}, as_json=as_json)


def _whole(order_id: str) -> tuple[dict[str, Any], dict[str, list[dict[str, Any]]]]:
    from app.actor import system_actor
    from app.payments import reports
    from blueprints.marketplace.order_management import inspection
    from blueprints.marketplace.order_management.dues import disputes
    from blueprints.marketplace.order_management.queries import get_history, known_order

    facts, lines = known_order(order_id), inspection.order_lines(order_id)
    parts = {
        "parties": inspection.order_parties(facts["buyerId"], (line["sellerId"] for line in lines)),
        "lines": lines,
        "payments": reports.attempts_of_order(_CHECKOUT, order_id),
        "refunds": reports.refunds_of_order(_CHECKOUT, order_id),
        "disputes": disputes(closed_too=True, order_id=order_id),
        "ledger": inspection.order_ledger(order_id),
        "history": get_history(system_actor(_REALM, operator="flask orders"), order_id)["steps"],
    }
    shown = {name: facts[name] for name in ("id", "orderNumber", "state", "isActive", "payableUntil")}
    return {**shown, **inspection.order_amounts(order_id)}, parts


def _print_orders(rows: list[dict[str, Any]], *, as_json: bool) -> None:
    if not as_json:
        rows = [{name: row[name] for name in _SHOWN} | {"placedAt": minute(row["placedAt"])} for row in rows]
    print_rows(rows, as_json=as_json, empty="no orders", ids=("id",), cut=("buyer", "seller"),
               cut_last=("number",))


def _moment(text: str) -> datetime:
    from app.data.columns import parse_iso
    from app.runtime import runtime

    try:
        return parse_iso(text, runtime().settings.zone_of(_REALM))
    except ValueError as error:
        raise click.BadParameter("expected a date as 2026-01-31 or 2026-01-31T12:00",
                                 param_hint="--since") from error
