"""Who may call the realtime service; what somebody may follow, the objects say (app/data/visibility)."""
from app.identity.access import Predicate, logged_in, public

POLICIES: dict[str, Predicate] = {
    "subscribe": public,
    "createTicket": logged_in,
}
