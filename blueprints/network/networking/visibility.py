"""Who sees connections and requests: their two people (rules-network §5B); with whom somebody is connected.

The lists of queries.py say the same of each side and status apart: each is read by its own index, where `or_` sorts."""
from app.data.held import STRANGER
from app.data.visibility import Visibility, all_of, any_of, ids_of_caller, me, no_one
from blueprints.network.networking.models import Connection, ConnectionRequest
from blueprints.network.networking.queries import connected_people
from blueprints.platform.people.visibility import is_not_hidden

CONNECTED = ids_of_caller("people connected with the caller", lambda actor: connected_people(str(actor.user_id)),
                          depends_on=("rows:connection",))
CONNECTIONS = Visibility(Connection, any_of(me("userId1"), me("userId2")), sees_all=no_one)
# While its sender is not there for the receiver, neither is what he wrote (NET-8); a held note is in no list.
REQUESTS = Visibility(ConnectionRequest, any_of(me("senderUserId"), all_of(
    me("receiverUserId"), is_not_hidden("senderUserId"))), sees_all=no_one, sees_held=lambda actor: STRANGER)
