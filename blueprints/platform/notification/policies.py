"""Who may call the notification service: who is logged in, for the own; staff send (rules-platform §6.1).

Programs with the scope `notices` read, mark and send as the person they act for (decision 46)."""
from app.identity.access import Predicate, client_with, logged_in, public, staff

POLICIES: dict[str, Predicate] = {
    "askUnsubscribe": public,
    "getNoticePreferences": logged_in,
    "listBouncedAddresses": staff,
    "listNotices": client_with("notices"),
    "noteBounces": public,
    "pushKey": public,
    "registerDevice": logged_in,
    "seeNotices": client_with("notices"),
    "sendNotice": client_with("notices", staff),
    "unregisterDevice": logged_in,
    "unsubscribe": public,
    "updateNoticePreferences": logged_in,
}
