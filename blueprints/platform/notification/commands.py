"""The writes of the notification service's routes: what a person does with the own notices."""
from collections.abc import Sequence

from app.actor import Actor
from app.data.unit_of_work import unit_of_work
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
