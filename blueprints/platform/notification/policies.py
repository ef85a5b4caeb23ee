"""Who may call the notification service: whoever is logged in, for the own notices (rules-platform §6.1)."""
from app.identity.access import Predicate, logged_in

POLICIES: dict[str, Predicate] = {
    "listNotices": logged_in,
    "registerDevice": logged_in,
    "seeNotices": logged_in,
    "unregisterDevice": logged_in,
}
