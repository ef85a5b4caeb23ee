"""The caller's kept cards: the gateway's refusals as the API's answers."""
from collections.abc import Iterator
from contextlib import contextmanager

from app.actor import Actor
from app.data.serialization import Wire
from app.errors import RuleViolated, Unavailable
from app.payments import cards
from app.payments.checkout import Checkout
from app.payments.gateway.port import GatewayUnavailable, Payer, PaymentRefused


def keep_card(checkout: Checkout, actor: Actor, method_id: str) -> Wire:
    """Keep a card for the actor; raises RuleViolated (declined, unknown), Unavailable."""
    payer = Payer(actor.realm, str(actor.user_id), actor.email, actor.fullname)
    with _gateway_errors_as_answers():
        return cards.keep_card(checkout, actor, payer, method_id)


def forget_card(checkout: Checkout, actor: Actor, reference: str) -> Wire:
    """Forget one of the actor's cards; raises NotFound, Unavailable."""
    with _gateway_errors_as_answers():
        return cards.forget_card(checkout, actor, reference)


@contextmanager
def _gateway_errors_as_answers() -> Iterator[None]:
    try:
        yield
    except PaymentRefused as refused:
        raise RuleViolated(refused.code, f"Stripe error message: {refused.message}") from refused
    except GatewayUnavailable as trouble:
        raise Unavailable("the payment gateway does not answer; nothing was changed",
                          headers={"Retry-After": "15"}) from trouble
