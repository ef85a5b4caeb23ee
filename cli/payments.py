"""`flask payments`: how payments stand, one order's payments, reconcile, correct, refund, disputes, the ledger."""
from datetime import datetime
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any

import click
from flask.cli import with_appcontext

from app.actor import Actor, system_actor
from app.errors import ApiError, NotFound, RuleViolated
from app.payments.states import CANCELED, FAILED, OPEN, SENDING, SUCCESS
from app.runtime import runtime
from cli import completing
from cli.naming import named_account
from cli.payment_realms import CHECKOUT_NAMES, RealmPayments, payments_of
from cli.terminal import (
    Part,
    acts,
    agreed,
    as_json_option,
    limit_option,
    minute,
    print_facts,
    print_json,
    print_record,
    print_rows,
    print_sentence,
    rehearsed,
    served_realm_option,
    spoken,
)

_OPERATORS = {realm: system_actor(realm, operator="flask payments") for realm in CHECKOUT_NAMES}
realm_option = served_realm_option("Whose orders: of goods, or of premium.")
_reason_option = click.option("--reason", default="corrected by hand", show_default=True, help="Why; it is recorded.")
_MOMENTS = frozenset({"started", "requested", "answer until", "opened", "sent", "received"})
_LOOKS = {
    "payments": Part(("order", "attempt", "state", "amount", "intent", "error", "started"), ids=("order",),
                     cut=("error", "intent")),
    "attempts": Part(("attempt", "state", "amount", "currency", "intent", "error", "started"), cut=("error", "intent")),
    "refunds": Part(("refund", "state", "amount", "currency", "reason", "error", "requested"),
                    cut=("reason", "error", "refund")),
    "disputes": Part(("dispute", "order", "status", "amount", "currency", "reason", "funds", "answer until"),
                     cut=("dispute", "order", "reason", "funds")),
    "events": Part(("event", "type", "order", "effect", "received"), ids=("order",), cut=("effect", "type", "event")),
}
PAYMENT_STATES = (SENDING, OPEN, SUCCESS, FAILED, CANCELED)


@click.group()
def payments() -> None:
    """Payments of orders: how they stand, list, find, show, reconcile, fix, refund, the ledger.

    Example: flask payments status
    """


@payments.command("status")
@realm_option
@as_json_option
@with_appcontext
def status(realm: str, as_json: bool) -> None:
    """Show how many payments and refunds are in which state, what is left open, and whether ledger and stock agree.

    Exit code 1 when they do not.

    Example: flask payments status --json
    """
    from app.payments import reports as payments_seen

    here = payments_of(realm)
    name, wrong, due, disputed = CHECKOUT_NAMES[realm], here.differences(), here.refunds_due(), here.disputes()
    facts = {**payments_seen.figures(name), "refunds due": len(due), "open disputes": len(disputed),
             "books": "agree" if not wrong else f"{len(wrong)} differences"}
    if as_json:
        print_json({**facts, "open": payments_seen.open_work(name), "refundsDue": due,
                    "disputes": disputed, "differences": wrong})
    else:
        print_facts(facts, as_json=False)
        click.echo()
        print_rows(payments_seen.open_work(name), as_json=False, empty="nothing is open", ids=("order",))
        for sentence in (*map(_refund_due, due), *map(_disputed, disputed), *wrong):
            print_sentence(sentence)
    if wrong:
        raise click.exceptions.Exit(1)


@payments.command("list")
@click.option("--state", type=click.Choice(PAYMENT_STATES), help="Only those of this state.")
@limit_option("How many of the latest.")
@realm_option
@as_json_option
@with_appcontext
def list_payments(state: str | None, limit: int, realm: str, as_json: bool) -> None:
    """Show the latest attempts to be paid, the newest first: those among the latest 10,000 of all realms.

    Example: flask payments list --state failed
    """
    from app.payments import reports as payments_seen

    _print_attempts(payments_seen.latest_attempts(CHECKOUT_NAMES[realm], state=state, limit=limit), as_json=as_json)


@payments.command("find")
@click.argument("text")
@limit_option("How many of the latest.")
@realm_option
@as_json_option
@with_appcontext
def find(text: str, limit: int, realm: str, as_json: bool) -> None:
    """Show the payments that TEXT names: the gateway's id of a payment, refund, dispute or event; a number, a beginning
    or the last eight digits of an order's id; or a party of the order by e-mail or a part of the name, which reads
    the accounts, as `flask users find` does.

    Example: flask payments find pi_3OqXbT2eZvKYlo2C
    """
    from app.payments import reports as payments_seen

    here, text = payments_of(realm), text.strip()
    orders = payments_seen.orders_at_gateway(CHECKOUT_NAMES[realm], text) or here.found(text, limit)
    _print_attempts(payments_seen.attempts_of_orders(CHECKOUT_NAMES[realm], orders, limit), as_json=as_json)


@payments.command("show")
@click.argument("order", shell_complete=completing.paid_orders)
@realm_option
@as_json_option
@with_appcontext
def show(order: str, realm: str, as_json: bool) -> None:
    """Show the payments, refunds, disputes and received events of ORDER (id or order number), cancelled ones too.

    Example: flask payments show ORD-mh3k2x1f7q
    """
    from app.payments import reports as payments_seen

    here = payments_of(realm)
    name, facts = CHECKOUT_NAMES[realm], _order(here, order)
    parts = {"attempts": payments_seen.attempts_of_order(name, facts["id"]),
             "refunds": payments_seen.refunds_of_order(name, facts["id"]),
             "disputes": here.disputes(closed_too=True, order_id=facts["id"]),
             "events": payments_seen.received_events(name, order_id=facts["id"], limit=100)}
    if not as_json:
        parts = {name: _in_minutes(rows) for name, rows in parts.items()}
    print_record(facts, parts, _LOOKS, as_json=as_json)


@payments.command("reconcile")
@acts
@with_appcontext
def reconcile(dry_run: bool, yes: bool, as_json: bool) -> None:
    """Look every open payment and refund of both realms up at the gateway, and book its events that never arrived.

    Example: flask payments reconcile --yes
    """
    from app.payments import reports as payments_seen
    from app.payments.checkout import checkouts
    from app.payments.reconcile import reconcile as reconcile_payments

    waiting = [work for checkout in checkouts() for work in payments_seen.open_work(checkout.name)]
    question = f"{len(waiting)} open payments and refunds are looked up, and the gateway's events of the last 3 days"
    if agreed(question, dry_run=dry_run, yes=yes):
        print_facts(reconcile_payments(), as_json=as_json)


@payments.command("fix")
@click.argument("order", shell_complete=completing.paid_orders)
@click.option("--status", "wanted", type=click.Choice(["PAID", "CANCELLED"]),
              help="Set this status by hand instead of reading the payment anew: PAID for money that came another way.")
@realm_option
@_reason_option
@acts
@with_appcontext
def fix(order: str, wanted: str | None, realm: str, reason: str, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Read the payment of ORDER anew from the gateway and book what is true; leaves a PAYMENT_FIX entry.

    Example: flask payments fix ORD-mh3k2x1f7q --reason "buyer called" --yes
    """
    from app.payments import pay
    from blueprints.marketplace.order_management import paying

    here = payments_of(realm)
    if wanted and realm != "marketplace":
        raise click.UsageError("--status: only an order of goods is set by hand")
    facts = _order(here, order)
    doing = f"set to {wanted}" if wanted else "read anew from the gateway"
    operator, question = _OPERATORS[realm], f"order {facts['orderNumber']} is {facts['state']}; its payment is {doing}"
    if wanted:
        rehearsed(operator, lambda: _set_by_hand(operator, facts["id"], wanted, reason))
    else:
        spoken(lambda: pay.started(here.checkout, operator, facts["id"], cancelled_too=True))
    if not agreed(question, dry_run=dry_run, yes=yes):
        return
    if wanted:
        spoken(lambda: paying.change_status(operator, facts["id"], status=wanted, reason=reason))
    else:
        said = spoken(lambda: here.reread(operator, facts["id"], reason=reason)).result
        if said.get("result") == "ERR":
            raise click.ClickException(said["message"])
    after = _order(here, facts["id"])
    if after["state"] == facts["state"]:
        waits = after["state"].endswith("/processing")
        click.echo("nothing changed: it still waits" if waits else "nothing to do: it was right already", err=True)
    print_facts(after, as_json=as_json)


@payments.command("refund")
@click.argument("order", shell_complete=completing.paid_orders)
@click.option("--amount", help="Give back a part, in major units; default everything that is left.")
@click.option("--due", is_flag=True,
              help="Give back exactly what is due: of cancelled lines, or of the cancelled order.")
@click.option("--surplus", is_flag=True, help="Give back what was paid too much, after its first refund failed.")
@realm_option
@_reason_option
@acts
@with_appcontext
def refund(order: str, amount: str | None, due: bool, surplus: bool, realm: str, reason: str, dry_run: bool,
           yes: bool, as_json: bool) -> None:
    """Give the money of ORDER back, cancelled orders too; leaves a PAYMENT_FIX entry.

    Example: flask payments refund ORD-mh3k2x1f7q --amount 10.00 --reason "arrived scratched"
    """
    from blueprints.marketplace.order_management.refunds import request_due_refund
    from blueprints.platform.checkout.inspection import refundable

    here, operator = payments_of(realm), _OPERATORS[realm]
    facts = _order(here, order)
    if due and realm != "marketplace":
        raise click.UsageError("--due: only of orders of goods money is due")
    if due and (surplus or amount is not None):
        raise click.UsageError("--due: gives back what is due, no more and no less")
    if surplus and amount is not None:
        raise click.UsageError("--amount: a surplus goes back whole")
    request = partial(here.request_refund, operator, facts["id"], reason=reason)
    if due:
        request, going = partial(request_due_refund, operator, facts["id"], reason=reason), "what is due to its buyer"
    elif surplus:
        request, going = partial(here.request_surplus, operator, facts["id"], reason=reason), "what was paid too much"
    else:
        left = Decimal(str(refundable(here.checkout, facts["id"], facts["currency"])))  # as written: no float is 10.10
        part = _amount(amount) if amount is not None else left
        if not 0 < part <= left:
            raise click.ClickException(f"{left} {facts['currency']} of order {facts['orderNumber']} can be given back")
        request, going = partial(request, amount=None if amount is None else part), (
            f"{part} of {left} {facts['currency']}")
    rehearsed(operator, request)
    if agreed(f"order {facts['orderNumber']} is {facts['state']}; {going} goes back", dry_run=dry_run, yes=yes):
        _give_back(here, operator, spoken(request), as_json=as_json)


@payments.command("events")
@click.option("--order", metavar="ORDER", shell_complete=completing.paid_orders,
              help="Only those of one order (id or order number).")
@limit_option("How many of the latest.", most=10_000)
@realm_option
@as_json_option
@with_appcontext
def events(order: str | None, limit: int, realm: str, as_json: bool) -> None:
    """Show the gateway's events that were received, and what each changed.

    Example: flask payments events --order ORD-mh3k2x1f7q
    """
    from app.payments import reports as payments_seen

    order_id = _order(payments_of(realm), order)["id"] if order else None
    _print_part("events", payments_seen.received_events(CHECKOUT_NAMES[realm], order_id=order_id, limit=limit),
                empty="no events", as_json=as_json)


@payments.command("disputes")
@click.option("--all", "closed_too", is_flag=True, help="Those that were decided, too.")
@realm_option
@as_json_option
@with_appcontext
def show_disputes(closed_too: bool, realm: str, as_json: bool) -> None:
    """Show the payments that banks take back, the one to be answered first on top; the answer is given at Stripe.

    Example: flask payments disputes --all
    """
    _print_part("disputes", payments_of(realm).disputes(closed_too=closed_too), empty="no payment is disputed",
                as_json=as_json)


@payments.command("ledger")
@click.option("--month", metavar="YYYY-MM", type=click.DateTime(["%Y-%m"]), help="Only this month.")
@click.option("--seller", metavar="USER", shell_complete=completing.traders,
              help="Only this seller, by e-mail or id.")
@as_json_option
@with_appcontext
def ledger(month: datetime | None, seller: str | None, as_json: bool) -> None:
    """Report sales, commission and net per month and seller; refunds count in the month they were given.

    Example: flask payments ledger --month 2026-01
    """
    from app.data.reads import Page
    from blueprints.marketplace.order_management import reports

    seller_id = seller and named_account("marketplace", seller)
    everything = Page(number=0, limit=runtime().settings.page_size_limit)
    try:
        report = reports.commission_report(_OPERATORS["marketplace"], everything, seller_id=seller_id,
                                           month=f"{month:%Y-%m}" if month else None)
    except ApiError as error:
        raise click.ClickException(error.message) from error
    print_rows(report.rows, as_json=as_json, empty="nothing was sold", ids=("sellerId",))
    if report.total > len(report.rows):
        click.echo(f"{report.total - len(report.rows)} more rows: narrow it by --month or --seller", err=True)


def _print_attempts(rows: list[dict[str, Any]], *, as_json: bool) -> None:
    if not as_json:
        rows = [row | {"amount": f"{row['amount']} {row['currency']}"} for row in rows]
    _print_part("payments", rows, empty="no payments", as_json=as_json)


def _print_part(name: str, rows: list[dict[str, Any]], *, empty: str, as_json: bool) -> None:
    look = _LOOKS[name]
    if not as_json:
        rows = [{column: row[column] for column in look.columns} for row in _in_minutes(rows)]
    print_rows(rows, as_json=as_json, empty=empty, ids=look.ids, cut=look.cut)


def _in_minutes(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: minute(value) if name in _MOMENTS else value for name, value in row.items()} for row in rows]


def _set_by_hand(operator: Actor, order_id: str, status: str, reason: str) -> None:
    """Take an order to a status; a payment that is open at the gateway is closed there first, but by no rehearsal."""
    from blueprints.marketplace.order_management.commands import change_status

    try:
        change_status(operator, order_id, status=status, reason=reason)
    except RuleViolated as refused:
        if refused.err_code != "PaymentInProgress":
            raise


def _give_back(here: RealmPayments, operator: Actor, refund: Any, *, as_json: bool) -> None:
    from blueprints.platform.checkout.refunds import sent_refund

    payment = sent_refund(here.checkout, operator, refund)
    print_facts(payment.result, as_json=as_json)
    if payment.result.get("refundStatus") == "failed":
        raise click.exceptions.Exit(1)


def _refund_due(one: dict[str, Any]) -> str:
    if one["surplus"]:
        return (f"order {one['order']} was paid too much, and {one['left']} {one['currency']} did not go back:\n"
                f"`flask payments refund {one['id']} --surplus`?")
    return f"order {one['order']} is {one['status']}, but {one['left']} {one['currency']} are still here: refund it?"


def _disputed(one: dict[str, Any]) -> str:
    return (f"order {one['order']}: {one['amount']} {one['currency']} are disputed ({one['status']}), "
            f"answer at Stripe until {one['answer until'] or 'told'}:\n`flask payments disputes`")


def _order(here: RealmPayments, reference: str) -> dict[str, Any]:
    try:
        return here.order(reference.strip())
    except NotFound as error:
        raise click.ClickException(f"there is no order {reference}") from error


def _amount(text: str) -> Decimal:
    try:
        amount = Decimal(text)
    except InvalidOperation as error:
        raise click.UsageError(f"--amount: {text!r} is no number") from error
    if not amount.is_finite():
        raise click.UsageError(f"--amount: {text!r} is no amount")
    return amount
