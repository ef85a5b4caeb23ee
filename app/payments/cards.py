"""Who a payer is at the gateway, and the cards kept there; only references are stored here, never card data (§7.2)."""
from contextlib import suppress
from hashlib import sha256
from typing import Any

from sqlalchemy import or_, select

from app.actor import Actor
from app.data.reads import fetch, fetch_one
from app.data.serialization import Wire, row_serializer
from app.data.unit_of_work import unit_of_work
from app.errors import DuplicateRecord, NotFound, RuleViolated
from app.payments.checkout import Checkout
from app.payments.gateway.circuit_breaker import ask_gateway
from app.payments.gateway.port import Card, Payer, PaymentRefused
from app.plain_text import seen

_LONGEST_LINE = 255


def list_cards(checkout: Checkout, user_id: str | None) -> list[Wire]:
    """Return the kept cards of a user, oldest first."""
    model: Any = checkout.method
    shape = row_serializer(model)
    rows = fetch(select(*shape.columns).where(model.user_id == user_id, model.is_active.is_(True)).order_by(model.id))
    return [shape.row(row) for row in rows]


def keep_card(checkout: Checkout, actor: Actor, payer: Payer, method_id: str) -> Wire:
    """Attach a card to the payer at the gateway and keep its reference; a card kept already comes back as it is.

    Raises PaymentRefused (declined, unknown), GatewayUnavailable, RuleViolated for a card somebody else keeps."""
    kept = _kept(checkout, payer.user_id, method_id)
    if kept is not None:
        return kept
    customer_id = customer_of(checkout, actor, payer)
    try:
        card = ask_gateway(lambda gateway: gateway.attach_card(customer_id, method_id))
    except PaymentRefused as refused:
        if refused.code != "resource_missing" or ask_gateway(lambda gateway: gateway.knows_customer(customer_id)):
            raise
        forget_customer(checkout, actor, customer_id)
        customer_id = customer_of(checkout, actor, payer, instead_of=customer_id)
        card = ask_gateway(lambda gateway: gateway.attach_card(customer_id, method_id))
    return _store(checkout, actor, payer.user_id, customer_id, card, given_id=method_id)


def forget_card(checkout: Checkout, actor: Actor, reference: str) -> Wire:
    """Detach one of the actor's cards and drop its reference; `reference` is its id here, there, or as it was given.

    Raises NotFound, GatewayUnavailable (then nothing has changed)."""
    model: Any = checkout.method
    card = fetch_one(select(model.id, model.payment_method_id).where(
        model.user_id == actor.user_id, model.is_active.is_(True),
        or_(model.payment_method_id == reference, model.id == reference, model.given_id == reference)))
    if card is None:
        raise NotFound
    with suppress(PaymentRefused):  # not attached there any more is what is wanted
        ask_gateway(lambda gateway: gateway.detach_card(card.payment_method_id))
    with unit_of_work(actor) as work:
        forgotten = work.archive(work.lock(model, card.id))
        work.commit()
    return row_serializer(model).entity(forgotten)


def forget_customer(checkout: Checkout, actor: Actor, customer_id: str) -> None:
    """Drop a customer who was deleted at the gateway, and the cards that went with it."""
    with unit_of_work(actor) as work:
        for model in (checkout.customer, checkout.method):
            kept: Any = model
            for row in work.all(select(kept).where(kept.customer_id == customer_id, kept.is_active.is_(True))
                                .order_by(kept.id), lock=True):
                work.archive(row)
        work.commit()


def delete_customer(customer_id: str) -> None:
    """Have the gateway forget a customer who is gone for good here; a second time changes nothing.

    Raises GatewayUnavailable: whoever calls it tries again."""
    ask_gateway(lambda gateway: gateway.delete_customer(customer_id))


def customer_of(checkout: Checkout, actor: Actor, payer: Payer, *, instead_of: str = "") -> str:
    """Return the payer's customer id at the gateway, opened on first use; two at once get the same one.

    `instead_of` is the former one, so that the gateway does not take the call for its repetition."""
    model: Any = checkout.customer
    known = fetch_one(select(model.customer_id).where(model.user_id == payer.user_id, model.is_active.is_(True)))
    if known is not None:
        return str(known.customer_id)
    # The names belong to the key: a repetition that knows others (the worker knows none) must not pass for the same.
    names = sha256(f"{payer.email}\n{payer.fullname}".encode()).hexdigest()[:16]
    key = "-".join(filter(None, ("customer", payer.realm, checkout.name, payer.user_id, names, instead_of)))
    customer_id = ask_gateway(lambda gateway: gateway.create_customer(payer, key))
    try:
        with unit_of_work(actor) as work:
            work.insert(model(user_id=payer.user_id, customer_id=customer_id, owner=payer.user_id))
            work.commit()
    except DuplicateRecord:
        return customer_of(checkout, actor, payer)
    return customer_id


def _kept(checkout: Checkout, user_id: str, method_id: str) -> Wire | None:
    model: Any = checkout.method
    shape = row_serializer(model)
    row = fetch_one(select(*shape.columns).where(model.is_active.is_(True), or_(
        model.payment_method_id == method_id, (model.given_id == method_id) & (model.user_id == user_id))))
    kept = shape.row(row) if row is not None else None
    if kept is not None and kept["userId"] != user_id:
        raise RuleViolated("PaymentMethodUnknown", "the payment method is not one of yours")
    return kept


def _store(checkout: Checkout, actor: Actor, user_id: str, customer_id: str, card: Card, *, given_id: str) -> Wire:
    model: Any = checkout.method
    try:
        with unit_of_work(actor) as work:
            stored = work.insert(model(
                payment_method_id=card.method_id, user_id=user_id, customer_id=customer_id, owner=user_id,
                card_holder_name=_line(card.holder_name), card_holder_zip=_line(card.holder_zip), card_info=card.info,
                given_id=given_id))
            work.commit()
    except DuplicateRecord:
        return _kept(checkout, user_id, card.method_id) or {}
    return row_serializer(model).entity(stored)


def _line(text: str | None) -> str | None:
    """Return what a payer wrote at the gateway, which takes more than a column of ours, as one line that fits."""
    return text and seen(text, " ")[:_LONGEST_LINE]
