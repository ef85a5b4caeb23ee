"""The signed callback: each event has its effect once, and its mark in the same transaction (decision 15).

A paid or cancelled intent is final, so its event is believed as it is signed; everything else is read anew, because
events come late and in any order. A dispute is told by its newest event."""
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select

from app.actor import system_actor
from app.clock import now
from app.data.reads import fetch_one
from app.data.unit_of_work import UnitOfWork, unit_of_work
from app.errors import ApiError, DuplicateRecord, InvalidInput, NotFound, RuleViolated, Unavailable
from app.payments.booking import apply_intent, lock_order
from app.payments.checkout import Checkout, Order
from app.payments.disputes import apply_dispute
from app.payments.gateway.circuit_breaker import ask_gateway, parse_webhook
from app.payments.gateway.port import INTENT_EVENTS, GatewayEvent, Intent, InvalidWebhook, PaymentGateError, Refund
from app.payments.gateway_records import PaymentEvent
from app.payments.pay import Payment, present
from app.payments.records import PaymentAttempt
from app.payments.refunds import apply_refunds

log = logging.getLogger("guildhall.payments")

FINAL_STATUSES = ("succeeded", "canceled")


@dataclass(frozen=True, slots=True)
class Truth:
    """What the gateway holds of a payment; no intent: it knows none."""

    intent: Intent | None = None
    refunds: Sequence[Refund] = ()


def receive(checkout: Checkout, payload: bytes, signature: str | None) -> Payment:
    """Book a webhook of the gateway, once however often it comes.

    Raises InvalidInput (signature), RuleViolated (an event we do not handle), NotFound (no such order), Unavailable
    when the gateway must be asked and does not answer: it delivers again. Another checkout's event changes nothing."""
    try:
        event = parse_webhook(checkout.realm, payload, signature)
    except InvalidWebhook as fault:
        raise InvalidInput(str(fault), "InvalidSignature") from None
    if not event.is_handled:
        raise RuleViolated("UnhandledWebhookEvent", f"Unhandled stripe webhook event [{event.type}]")
    if _checkout_of(event) not in (None, checkout.name):
        return Payment({}, {"success": True, "ignored": "the payment of another checkout"})
    order_id = _order_of(checkout, event)
    if not _is_known(checkout, event):
        _book_once(checkout, event, order_id)
    return present(checkout, order_id, {}, event.intent)


def catch_up(checkout: Checkout, since: datetime) -> int:
    """Book the gateway's events since then that never arrived; returns how many. Silent when it does not answer."""
    try:
        events = ask_gateway(lambda gateway: gateway.list_events(since))
    except PaymentGateError:
        return 0
    missed = 0
    for event in events:
        try:
            if _checkout_of(event) == checkout.name and not _is_known(checkout, event):
                _book_once(checkout, event, _order_of(checkout, event))
                missed += 1
        except ApiError as trouble:  # one event must not keep those after it from being booked
            log.warning("event %s is not booked: %s", event.id, trouble.message)
    return missed


def _attempt_of(event: GatewayEvent) -> Row[Any] | None:
    if event.intent_id is None:
        return None
    return fetch_one(select(PaymentAttempt.checkout, PaymentAttempt.order_id).where(
        PaymentAttempt.intent_id == event.intent_id))


def _checkout_of(event: GatewayEvent) -> str | None:
    """Return whose payment an event is about, None when nothing says so."""
    named = event.intent.metadata.get("checkoutName") if event.intent else None
    attempt = None if named else _attempt_of(event)
    return attempt.checkout if attempt else named


def _order_of(checkout: Checkout, event: GatewayEvent) -> str:
    """Return the id of the order an event is about: by the attempt that has its intent, else by the metadata."""
    attempt = _attempt_of(event)
    named = attempt.order_id if attempt else (event.intent.metadata.get("orderId") if event.intent else None)
    order = fetch_one(select(checkout.order.id).where(checkout.order.id == named)) if named else None
    if order is None:
        raise NotFound
    return str(order.id)


def _is_known(checkout: Checkout, event: GatewayEvent) -> bool:
    return fetch_one(select(PaymentEvent.event_id).where(
        PaymentEvent.checkout == checkout.name, PaymentEvent.event_id == event.id)) is not None


def _book_once(checkout: Checkout, event: GatewayEvent, order_id: str) -> None:
    truth = Truth() if event.dispute else _truth(event)
    try:
        with unit_of_work(system_actor(checkout.realm)) as work:
            order = lock_order(work, checkout, order_id)
            mark = work.insert(PaymentEvent(
                checkout=checkout.name, event_id=event.id, type=event.type, order_id=order_id,
                intent_id=event.intent_id, effect="", payload=event.raw, sent_at=event.created,
                received_at=now()))
            work.flush()
            if event.dispute:
                mark.effect = apply_dispute(work, checkout, order, event, event.dispute)
            else:
                mark.effect = _apply(work, checkout, order, truth)
            work.commit()
    except DuplicateRecord:
        if not _is_known(checkout, event):
            raise


def _truth(event: GatewayEvent) -> Truth:
    """Return what is true at the gateway now; of a refund also its payment, whose own event may still be on its way."""
    if event.type in INTENT_EVENTS and event.intent is not None and event.intent.status in FINAL_STATUSES:
        return Truth(event.intent)
    intent_id = event.intent_id
    if intent_id is None:
        return Truth()
    try:
        intent = ask_gateway(lambda gateway: gateway.retrieve_intent(intent_id))
        if event.type in INTENT_EVENTS:
            return Truth(intent)
        return Truth(intent, ask_gateway(lambda gateway: gateway.find_refunds(intent_id)))
    except PaymentGateError as trouble:
        if trouble.status == 404:
            return Truth()
        raise Unavailable("the payment gateway does not answer; deliver the event again",
                          headers={"Retry-After": "30"}) from trouble


def _apply(work: UnitOfWork, checkout: Checkout, order: Order, truth: Truth) -> str:
    if truth.intent is None:
        return "unknown to the gateway"
    effect = apply_intent(work, checkout, order, truth.intent)
    if not truth.refunds:
        return effect
    work.flush()
    return apply_refunds(work, checkout, order, truth.intent.id, truth.refunds)
