"""The writes of the notification service's routes: what a person does with the own notices and devices."""
from collections.abc import Sequence

from app.actor import Actor
from app.data.unit_of_work import unit_of_work
from app.errors import NotFound
from app.notify import device_tokens
from blueprints.platform.auth.lending import lock_accounts
from blueprints.platform.notification.store import store_of
from blueprints.platform.notification.unread import count_unread


def see_notices(actor: Actor, ids: Sequence[str]) -> int:
    """Mark the actor's notices with these ids as seen; returns how many were not.

    Ids that are not the actor's, not there or seen already change nothing."""
    with unit_of_work(actor) as work:
        seen = store_of(actor.realm).see(work, ids)
        count_unread(work, str(actor.user_id), -seen)
        work.commit()
    return seen


def register_device(actor: Actor, *, notification_token: str, platform: str, device_name: str | None = None,
                    device_id: str | None = None) -> str:
    """Have the actor's push messages go to a device, too; returns its id. A token moves to who registers it last."""
    with unit_of_work(actor) as work:
        # Of two that register at once the second waits here, also for the first one, and counts what that has made.
        lock_accounts(work, [str(actor.user_id)])
        called = device_tokens.register_device(work, str(actor.user_id), token=notification_token, platform=platform,
                                               name=device_name, device_id=device_id)
        work.commit()
    return called


def unregister_device(actor: Actor, device_id: str) -> None:
    """Send the actor's push messages to this device no more; raises NotFound when it is none of the actor's."""
    with unit_of_work(actor) as work:
        if not device_tokens.unregister_device(work, str(actor.user_id), device_id):
            raise NotFound("Device not found")
        work.commit()
