"""What is done for webhooks now and then: those that fail are told of and suspended, old messages are removed."""
import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import and_, delete, exists, or_, select

from app.actor import kernel_actor
from app.clock import now
from app.data.batches import purge
from app.data.columns import iso
from app.data.reads import fetch
from app.data.unit_of_work import UnitOfWork, unit_of_work
from app.identity.api_clients import ApiClient
from app.jobs.schedule import kernel_periodic
from app.notify.mailbox import post_letter
from blueprints.platform.webhooks.commands import CHANGED
from blueprints.platform.webhooks.holders import holder_of
from blueprints.platform.webhooks.lanes import lane_of, lock_endpoints, promote
from blueprints.platform.webhooks.letters import FAILING, STOPPED
from blueprints.platform.webhooks.models import ACTIVE, SUSPENDED, WebhookEndpoint, WebhookMessage

log = logging.getLogger("guildhall.webhooks")

WARNED_AFTER, SUSPENDED_AFTER = timedelta(hours=24), timedelta(hours=72)
HELD = timedelta(days=7)
_MOST = 500
_REMOVED = select(WebhookMessage.id, WebhookMessage.endpoint_id, WebhookMessage.object_name, WebhookMessage.object_id)


@kernel_periodic("suspend-webhooks", minutes=10)
def suspend_webhooks() -> str:
    """Write to whose webhook fails for a day, and suspend what fails for three, and what a revoked API client made.

    One that cannot be told keeps no other waiting."""
    moment = now()
    failing = fetch(select(WebhookEndpoint.id).where(WebhookEndpoint.state == ACTIVE, or_(
        WebhookEndpoint.failing_since <= moment - SUSPENDED_AFTER,
        and_(WebhookEndpoint.failing_since <= moment - WARNED_AFTER, WebhookEndpoint.warned_at.is_(None))))
        .order_by(WebhookEndpoint.id).limit(_MOST))
    told = [_state_after_letter(row.id) for row in failing]
    return f"{told.count(SUSPENDED) + _suspend_without_client()} suspended, {told.count(ACTIVE)} told"


@kernel_periodic("purge-webhooks", hours=1)
def purge_messages() -> str:
    """Remove messages older than seven days, and those of webhooks that were deleted."""
    old = WebhookMessage.created_at < now() - HELD
    orphaned = ~exists().where(WebhookEndpoint.id == WebhookMessage.endpoint_id)
    removed = sum(purge(
        kernel_actor(),
        lambda size, which=which: fetch(_REMOVED.where(which).order_by(WebhookMessage.created_at).limit(size)),
        _remove) for which in (old, orphaned))
    return f"{removed} removed"


def _remove(work: UnitOfWork, messages: Sequence[Any]) -> None:
    """Remove messages; what waits behind the first of its lane is due in its place, or it would wait for ever."""
    known = lock_endpoints(work, {message.endpoint_id for message in messages})
    work.execute(delete(WebhookMessage).where(WebhookMessage.id.in_([message.id for message in messages])))
    promote(work, {lane_of(message) for message in messages if message.endpoint_id in known})


def _suspend_without_client() -> int:
    """Suspend what acts for nobody any more, so that its person sees that nothing is sent; returns how many."""
    gone = select(WebhookEndpoint.id).where(
        WebhookEndpoint.state == ACTIVE, WebhookEndpoint.client_id.is_not(None),
        ~exists().where(ApiClient.id == WebhookEndpoint.client_id)).order_by(WebhookEndpoint.id).limit(_MOST)
    with unit_of_work(kernel_actor()) as work:
        endpoints = lock_endpoints(work, [row.id for row in work.rows(gone)]).values()
        for endpoint in endpoints:
            work.change(endpoint, state=SUSPENDED, state_reason="the API client that made it was revoked")
        if endpoints:
            work.invalidate(CHANGED)
        work.commit()
    return len(endpoints)


def _state_after_letter(endpoint_id: str) -> str | None:
    try:
        return _tell(endpoint_id)
    except Exception:  # such as an operator's own template that does not render
        log.exception("the person of webhook %s could not be told", endpoint_id)
        return None


def _tell(endpoint_id: str) -> str | None:
    """Tell the person of one endpoint that still fails, and suspend it when it is time; returns its state."""
    with unit_of_work(kernel_actor()) as work:
        endpoint = lock_endpoints(work, [endpoint_id]).get(endpoint_id)
        is_failing = endpoint is not None and endpoint.state == ACTIVE and endpoint.failing_since is not None
        if endpoint is None or not is_failing or endpoint.failing_since is None:  # meanwhile it was taken
            work.commit()
            return None
        if endpoint.failing_since <= now() - SUSPENDED_AFTER:
            work.change(endpoint, state=SUSPENDED, state_reason="nothing was taken for three days")
            work.invalidate(CHANGED)
        work.change(endpoint, warned_at=now())
        _write(work, endpoint)
        work.commit()
        return endpoint.state


def _write(work: UnitOfWork, endpoint: WebhookEndpoint) -> None:
    holder = holder_of(endpoint)
    if holder is None or not holder.email:
        return
    template = STOPPED if endpoint.state == SUSPENDED else FAILING
    [last] = work.rows(select(WebhookMessage.last_error).where(
        WebhookMessage.endpoint_id == endpoint.id, WebhookMessage.last_error.is_not(None))
        .order_by(WebhookMessage.id.desc()).limit(1)) or [None]
    since = str(iso(endpoint.failing_since))[:16].replace("T", " ") + " UTC"
    post_letter(work, realm=endpoint.realm, to=holder.email, name=template.name, template=template,
                facts={"host": urlsplit(endpoint.url).hostname, "webhook": endpoint.id, "since": since,
                       "error": last.last_error if last else "nothing"},
                cause=f"{endpoint.id} {iso(endpoint.failing_since)}", user_id=holder.user_id)
