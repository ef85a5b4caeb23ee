"""What becomes of the payments of a person who is gone for good, here and at the gateway."""
from functools import partial
from typing import Any

from sqlalchemy import select

from app.actor import Actor
from app.data.person_rows import ERASED, KEPT, PersonRows, exported, rows_of_people
from app.data.reads import fetch
from app.data.unit_of_work import unit_of_work
from app.payments.checkout import Checkout


def rows_of_payers(checkout: Checkout, left: str) -> tuple[PersonRows, ...]:
    """Return it for the three tables of a checkout: references belong to the books, the rest names the person alone.

    `left` is the topic that says which customers the gateway shall forget: it may be away, and nothing waits for it."""
    return (rows_of_people(checkout.reference, KEPT, "owner_id", why="the ledger: the reference of a payment",
                           export=exported("payments", "owner_id", without=("redirect_url",))),
            rows_of_people(checkout.customer, ERASED, "user_id", first=partial(_say_left, checkout, left),
                           export="an id at the payment provider"),
            rows_of_people(checkout.method, ERASED, "user_id", export=exported(
                "cards", "user_id", without=("payment_method_id", "customer_id"))))


def _say_left(checkout: Checkout, topic: str, actor: Actor, user_id: str, cause: str | None) -> None:
    model: Any = checkout.customer
    rows = fetch(select(model.customer_id).where(model.user_id == user_id).order_by(model.customer_id))
    if not rows:
        return
    with unit_of_work(actor, request_id=cause) as work:
        for row in rows:
            work.emit(topic, row.customer_id, {"id": row.customer_id})
        work.commit()
