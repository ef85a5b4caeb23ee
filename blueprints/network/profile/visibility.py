"""Who sees a profile: one rule, for one that was got by its id and, as a condition, for every list (NET-4, NET-15)."""
from sqlalchemy import ColumnElement, and_, or_, true

from app.actor import Actor
from app.data.serialization import Wire
from app.identity.access import require
from blueprints.network.networking.queries import are_connected, connected_people
from blueprints.network.profile.models import Profile
from blueprints.network.profile.rules import CONNECTIONS, PUBLIC
from blueprints.platform.people.queries import not_hidden


def is_visible(actor: Actor) -> ColumnElement[bool]:
    """Return the condition that a list shows a profile to the actor; superAdmin sees all."""
    if actor.is_super_admin:
        return true()
    return and_(not_hidden(Profile.user_id, actor), is_open_to(str(actor.user_id)))


def is_open_to(user_id: str) -> ColumnElement[bool]:
    """Return the condition that a profile's own visibility lets this person see it."""
    return or_(Profile.profile_visibility == PUBLIC, Profile.user_id == user_id,
               and_(Profile.audience == CONNECTIONS, Profile.user_id.in_(connected_people(user_id))))


def require_visible(actor: Actor, row: Wire) -> None:
    """Refuse a private profile to whom it is not for; raises Forbidden."""
    if row["profileVisibility"] == PUBLIC or actor.is_super_admin or actor.is_user(row["userId"]):
        return
    require(row["audience"] == CONNECTIONS and are_connected(str(actor.user_id), row["userId"]))
