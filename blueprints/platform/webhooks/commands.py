"""What people and their programs do with endpoints: make, change, end, rotate the secret, test, send once more."""
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select, update

from app.actor import Actor
from app.clock import now
from app.data.holdings import handed_down
from app.data.ids import uuid7
from app.data.serialization import Wire
from app.data.staff_changes import StaffAudit
from app.data.unit_of_work import UnitOfWork, unit_of_work
from app.errors import InvalidInput, NotFound, RuleViolated
from app.events.log import newest_position
from app.events.outward import Selection
from app.outward.addresses import AddressRefused, OutwardRules
from app.runtime import runtime
from blueprints.platform.auth.lending import lock_accounts
from blueprints.platform.webhooks.lanes import lane_of, lock_endpoints, owe, promote
from blueprints.platform.webhooks.models import ACTIVE, PENDING, SUSPENDED, WebhookEndpoint, WebhookMessage
from blueprints.platform.webhooks.queries import endpoint_row, is_of
from blueprints.platform.webhooks.rules import PAYLOAD_VERSIONS, TEST_TOPIC
from blueprints.platform.webhooks.secrets import new_secret, sealed

MOST_ENDPOINTS = 20
"""How many one person has in a realm."""
MOST_REPLAYED = 1000
"""How many messages one replay sends again; the next goes on behind them."""
OVERLAP_HOURS = 24
CHANGED = "webhooks"
"""The version key of all endpoints: who sends reads them anew when it changes."""


def create_endpoint(actor: Actor, *, url: str, topics: Sequence[str], description: str | None = None,
                    payload_version: int | None = None) -> tuple[Wire, str]:
    """Register an address and return it with its secret, which is shown this once.

    Raises InvalidInput for an address or a topic that is not good, RuleViolated TooManyWebhooks."""
    good_url, chosen, secret = _good_url(url), Selection.of(actor.realm, topics, actor), new_secret()
    endpoint = WebhookEndpoint(
        id=uuid7(), realm=actor.realm, user_id=str(actor.user_id), client_id=actor.client_id,
        url=good_url, description=description, topics=list(chosen.names),
        payload_version=payload_version or max(PAYLOAD_VERSIONS), state=ACTIVE, state_reason=None,
        secret=sealed(secret), former_secret=None, former_until=None, created_at=now(), succeeded_at=None,
        failing_since=None, warned_at=None)
    with unit_of_work(actor) as work:
        own = (WebhookEndpoint.realm == actor.realm, WebhookEndpoint.user_id == actor.user_id)
        # Of two who register at once the second waits here, also for the first one, and counts what that has made.
        lock_accounts(work, [str(actor.user_id)])
        [[number]] = work.rows(select(func.count()).where(*own))
        if number >= MOST_ENDPOINTS:
            raise RuleViolated("TooManyWebhooks", f"a person has at most {MOST_ENDPOINTS} webhooks")
        work.insert(endpoint)
        work.invalidate(CHANGED)
        work.flush()
        work.commit()
        return endpoint_row(endpoint), secret


def change_endpoint(actor: Actor, endpoint_id: str, *, url: str | None = None, topics: Sequence[str] | None = None,
                    description: str | None = None, payload_version: int | None = None,
                    state: str | None = None) -> Wire:
    """Change an endpoint; `active` also ends a suspension, and what waited goes out. Raises as create_endpoint, and
    NotFound."""
    said: dict[str, Any] = {"description": description, "payload_version": payload_version,
                            "url": None if url is None else _good_url(url),
                            "topics": None if topics is None else list(Selection.of(actor.realm, topics, actor).names)}
    values = {name: value for name, value in said.items() if value is not None}
    if state is not None:
        values |= {"state": state, "state_reason": None}
        if state == ACTIVE:
            values |= {"failing_since": None, "warned_at": None}
    with unit_of_work(actor) as work:
        endpoint = locked_endpoint(work, endpoint_id)
        work.change(endpoint, **values)
        _say_to_audit(work, endpoint, "changed" if state is None else state)
        if state == ACTIVE:
            _let_go(work, endpoint_id)
        work.invalidate(CHANGED)
        work.commit()
        return endpoint_row(endpoint)


def suspend_endpoints_of(work: UnitOfWork, user_id: str) -> None:
    """Suspend what a person of the actor's realm has, since whoever was in the account may have made or changed it.

    What waits goes out, a week's at most, when the person has it active again."""
    for endpoint in work.all(select(WebhookEndpoint).where(
            WebhookEndpoint.realm == work.actor.realm, WebhookEndpoint.user_id == user_id,
            WebhookEndpoint.state == ACTIVE).order_by(WebhookEndpoint.id), lock=True):
        work.change(endpoint, state=SUSPENDED, state_reason="the password was replaced: look whether it is yours")
        work.invalidate(CHANGED)


def delete_endpoint(actor: Actor, endpoint_id: str) -> Wire:
    """End an endpoint; what it was owed is removed by the job that removes old messages. Raises NotFound."""
    with unit_of_work(actor) as work:
        endpoint = locked_endpoint(work, endpoint_id)
        row = endpoint_row(endpoint) | {"state": "deleted"}
        _say_to_audit(work, endpoint, "deleted")
        work.delete(endpoint)
        work.invalidate(CHANGED)
        work.commit()
    return row


def rotate_secret(actor: Actor, endpoint_id: str, *, overlap_hours: int | None = None) -> tuple[Wire, str]:
    """Give an endpoint another secret and return both; the former one signs beside it for 24 hours or fewer.

    Two secrets live at most: one that was on its way out ends at once (FD-17). Raises NotFound."""
    secret, hours = new_secret(), OVERLAP_HOURS if overlap_hours is None else overlap_hours
    with unit_of_work(actor) as work:
        endpoint = locked_endpoint(work, endpoint_id)
        work.change(endpoint, secret=sealed(secret), former_secret=endpoint.secret if hours else None,
                    former_until=now() + timedelta(hours=hours) if hours else None)
        _say_to_audit(work, endpoint, "rotated")
        work.invalidate(CHANGED)
        work.commit()
        return endpoint_row(endpoint), secret


def send_test(actor: Actor, endpoint_id: str) -> str:
    """Owe an endpoint a test message and return the id of the delivery; raises NotFound, RuleViolated
    WebhookNotActive."""
    moment, delivery_id = now(), uuid7()
    with unit_of_work(actor) as work:
        endpoint = locked_endpoint(work, endpoint_id)
        if endpoint.state != ACTIVE:
            raise RuleViolated("WebhookNotActive", f"the webhook is {endpoint.state}: nothing is sent to it")
        _say_to_audit(work, endpoint, "tested")
        owe(work, [{"id": delivery_id, "endpoint_id": endpoint_id, "realm": endpoint.realm,
                    "message_id": f"test_{delivery_id}", "position": None, "place": 0, "topic": TEST_TOPIC,
                    "object_name": "test", "object_id": delivery_id, "occurred_at": moment}])
        work.invalidate(CHANGED)
        work.commit()
    return delivery_id


def replay(actor: Actor, endpoint_id: str, *, delivery_id: str | None = None, first_position: int | None = None,
           last_position: int | None = None) -> int:
    """Send messages once more, under their former ids: one, or those of a range of positions, both included.

    They queue behind what waits in their lanes; one that waits for its next attempt is tried now. Returns how many, at
    most MOST_REPLAYED, the first ones. Raises NotFound, InvalidInput when neither or both is named."""
    is_range = first_position is not None or last_position is not None
    if is_range == (delivery_id is not None):
        raise InvalidInput("deliveryId: name one delivery, or firstPosition and lastPosition",
                           detail={"deliveryId": "one delivery, or a range of positions"})
    which = [WebhookMessage.endpoint_id == endpoint_id]
    if is_range:
        which.append(WebhookMessage.position.between(
            first_position or 0, 2 ** 62 if last_position is None else last_position))
    else:
        which.append(WebhookMessage.id == delivery_id)
    with unit_of_work(actor) as work:
        _say_to_audit(work, locked_endpoint(work, endpoint_id), "replayed")
        messages = work.all(select(WebhookMessage).where(*which).order_by(WebhookMessage.position, WebhookMessage.id)
                            .limit(MOST_REPLAYED), lock=True)
        if not messages and delivery_id is not None:
            raise NotFound
        _queue_again(work, messages)
        work.invalidate(CHANGED)
        work.commit()
    return len(messages)


def locked_endpoint(work: UnitOfWork, endpoint_id: str) -> WebhookEndpoint:
    """Return the actor's endpoint, locked; raises NotFound, also for one of somebody else."""
    endpoint = lock_endpoints(work, [endpoint_id]).get(endpoint_id)
    if endpoint is None or not is_of(endpoint, work.actor):
        raise NotFound
    return endpoint


def _say_to_audit(work: UnitOfWork, endpoint: WebhookEndpoint, what: str) -> None:
    """What an operator or the superAdmin does to a webhook of somebody else is audited (decision 52)."""
    if work.actor.is_person_of_staff and not work.actor.is_user(endpoint.user_id):
        handed_down(StaffAudit).say(work, f"webhook.{what}", userId=endpoint.user_id, webhookId=endpoint.id)


def _queue_again(work: UnitOfWork, messages: Sequence[WebhookMessage]) -> None:
    behind = newest_position()
    for message in messages:
        if message.state != PENDING:
            work.change(message, state=PENDING, place=behind, due_at=None, leased_until=None, attempts=0, ended_at=None)
        elif message.due_at is not None:
            work.change(message, due_at=now())
    work.flush()
    promote(work, map(lane_of, messages))


def _let_go(work: UnitOfWork, endpoint_id: str) -> None:
    """What waits for its next attempt is due now."""
    work.execute(update(WebhookMessage).where(
        WebhookMessage.endpoint_id == endpoint_id, WebhookMessage.state == PENDING,
        WebhookMessage.due_at > now()).values(due_at=now()).execution_options(synchronize_session=False))


def _good_url(url: str) -> str:
    try:
        return OutwardRules.of_settings(runtime().settings).receiver(url).url
    except AddressRefused as error:
        raise InvalidInput(f"url: {error}", detail={"url": str(error)}) from None
