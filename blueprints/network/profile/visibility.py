"""Who sees a profile: one rule, for one that was got by its id and, as a condition, for every list (NET-4, NET-15)."""
from app.actor import Actor
from app.data.serialization import Wire
from app.data.visibility import Visibility, all_of, any_of, is_, me, member, super_admin
from app.identity.access import require
from blueprints.network.networking.queries import are_connected
from blueprints.network.networking.visibility import CONNECTED
from blueprints.network.profile.models import Profile
from blueprints.network.profile.premium_models import Premiumsubscription
from blueprints.network.profile.rules import CONNECTIONS, PUBLIC
from blueprints.platform.people.visibility import is_not_hidden

IS_OPEN = any_of(is_("profileVisibility", PUBLIC), me("userId"),
                 all_of(is_("audience", CONNECTIONS), member("userId", CONNECTED)))
PROFILES = Visibility(Profile, all_of(is_not_hidden("userId"), IS_OPEN), sees_all=super_admin)
ORDERS = Visibility(Premiumsubscription, me("userId"), sees_all=super_admin)


def require_visible(actor: Actor, row: Wire) -> None:
    """Refuse a private profile to whom it is not for; raises Forbidden."""
    if row["profileVisibility"] == PUBLIC or actor.is_super_admin or actor.is_user(row["userId"]):
        return
    require(row["audience"] == CONNECTIONS and are_connected(str(actor.user_id), row["userId"]))
