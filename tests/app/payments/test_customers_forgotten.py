"""Who is erased here is erased at the gateway, too: customer, name, e-mail and cards; what was paid stays there."""
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from app.actor import Actor
from app.clock import moved_clock
from app.data.reads import fetch
from app.jobs.worker import run_job
from app.payments.checkout import checkouts
from app.payments.gateway.circuit_breaker import PAUSE_SECONDS, gateway_of
from app.runtime import runtime
from blueprints.platform.auth.person_commands import erase_account
from tests.app.payments.stand_in import VISA, FlakyGateway

if TYPE_CHECKING:
    from flask import Flask

    from tests.clients import ApiClient, Callers

SERVICES = {"marketplace": "/marketplace/ordermanagement-api", "network": "/network/profile-api"}
HOUR = 3600


def customer_of(person: "ApiClient", realm: str) -> str:
    """Keep a card, and return who the person is at the gateway."""
    added = person.post(f"{SERVICES[realm]}/payment-methods/add", json={"paymentMethodId": VISA})
    assert added.status_code == 200, added.text
    return str(added.json["customerId"])


def is_kept(customer_id: str) -> bool:
    """Tell whether the gateway knows the customer."""
    return gateway_of(runtime().settings).knows_customer(customer_id)


def erase(person: "ApiClient", realm: str, settle: Callable[[], None]) -> None:
    """Erase a person and let the workers do what they owe."""
    assert erase_account(Actor(realm, role="system", operator="root"), str(person.user_id))
    run_job("purge-archived")
    settle()


@pytest.mark.parametrize("realm", SERVICES)
def test_the_gateway_forgets_who_is_erased_and_nobody_else(paying_app: "Flask", callers: "Callers",
                                                           settle: Callable[[], None], realm: str) -> None:
    ann, ben = (callers.user(name, realm=realm) for name in ("ann", "ben"))
    gone, here = customer_of(ann, realm), customer_of(ben, realm)
    erase(ann, realm, settle)
    with moved_clock(seconds=HOUR + PAUSE_SECONDS):
        settle()  # a gateway that was slow is asked once more
        assert (is_kept(gone), is_kept(here)) == (False, True)


@pytest.mark.parametrize("realm", SERVICES)
def test_while_the_gateway_is_away_all_else_is_forgotten_and_it_later(
        paying_app: "Flask", callers: "Callers", settle: Callable[[], None], flaky: FlakyGateway, realm: str) -> None:
    ann = callers.user("ann", realm=realm)
    gone = customer_of(ann, realm)
    with flaky.failing("/v1/customers/", method="DELETE", times=1000, status=503) as outage:
        erase(ann, realm, settle)
        assert outage.times < 1000
    assert is_kept(gone)
    for checkout in checkouts():
        assert fetch(select(checkout.customer.id).where(checkout.customer.user_id == ann.user_id)) == []
    with moved_clock(seconds=HOUR + PAUSE_SECONDS):
        settle()
        assert not is_kept(gone)
