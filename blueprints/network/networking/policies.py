"""Who may call networking; commands and queries check whose connection or request it is (rules-network §5B, NET-31)."""
from app.identity.access import Predicate, logged_in
from blueprints.network.sample_functions import SAMPLE_POLICIES

POLICIES: dict[str, Predicate] = {
    "createConnection": logged_in,
    "createConnectionRequest": logged_in,
    "deleteConnection": logged_in,
    "deleteConnectionRequest": logged_in,
    "getConnection": logged_in,
    "getConnectionRequest": logged_in,
    "getDegree": logged_in,
    "listConnectionRequests": logged_in,
    "listConnections": logged_in,
    "listMutualConnections": logged_in,
    "listSuggestions": logged_in,
    "updateConnectionRequest": logged_in,
    **SAMPLE_POLICIES,
}
