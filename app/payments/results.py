"""`paymentResult` beside the order: what start, refresh and callback tell the front end (rules-marketplace §7.3)."""
from typing import Any

from sqlalchemy import select

from app.data.money import to_wire
from app.data.reads import fetch_one
from app.data.serialization import Wire, row_serializer
from app.errors import NotFound
from app.payments import attempts
from app.payments.booking import OPEN, SENDING, STARTED, SUCCESS
from app.payments.checkout import Checkout
from app.payments.gateway.port import Intent
from app.payments.records import PaymentAttempt
from app.runtime import runtime


def order_row(checkout: Checkout, order_id: str) -> Wire:
    """Return the order as the wire shows it, a cancelled (soft-deleted) one too; raises NotFound."""
    shape = row_serializer(checkout.order)
    row = fetch_one(select(*shape.columns).where(checkout.order.id == order_id))
    if row is None:
        raise NotFound
    return shape.row(row)


def payment_result(checkout: Checkout, order_id: str, params: dict[str, Any], intent: Intent | None) -> dict[str, Any]:
    """Return the documented result of the order's payment; `amount` in major units.

    The client secret is the payer's alone: it is there when the gateway was just asked, and told by no event."""
    made = attempts.read_all(checkout, order_id)
    attempt = attempts.paying_attempt(made) or (made[-1] if made else None)
    if attempt is None:
        return {"success": False, "orderId": order_id, "paymentUserParams": params}
    model: Any = checkout.ticket
    ticket = fetch_one(select(model.id).where(model.order_id == order_id, model.is_active.is_(True)))
    literal = STARTED if attempt.state in (SENDING, OPEN) else attempt.state
    status = attempt.intent_status or ("processing" if literal == STARTED else literal)
    return {
        "success": attempt.state in (SUCCESS, SENDING, OPEN), "paymentTicketId": ticket.id if ticket else None,
        "orderId": order_id, "paymentId": attempt.intent_id, "paymentStatus": status,
        "paymentIntentInfo": _intent_info(attempt, intent, status), "statusLiteral": literal,
        "amount": to_wire(attempt.amount, attempt.currency), "currency": attempt.currency,
        "description": attempt.description, "metadata": checkout.metadata(attempt), "paymentUserParams": params}


def without_secret(result: dict[str, Any]) -> dict[str, Any]:
    """Return a `paymentResult` without the secret that lets its holder confirm the payment, for everybody else."""
    info = result.get("paymentIntentInfo")
    return result if info is None else result | {"paymentIntentInfo": info | {"clientSecret": None}}


def _intent_info(attempt: PaymentAttempt, intent: Intent | None, status: str) -> dict[str, Any]:
    is_this = intent is not None and intent.id == attempt.intent_id
    return {"paymentIntentId": attempt.intent_id, "clientSecret": intent.client_secret if is_this and intent else None,
            "publicKey": runtime().settings.stripe_publishable_key or None, "status": status}
