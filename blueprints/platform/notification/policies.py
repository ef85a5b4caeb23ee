"""Who may call the notification service: who is logged in, for the own; staff send (rules-platform §6.1)."""
from app.identity.access import Predicate, logged_in, staff

POLICIES: dict[str, Predicate] = {
    "getNoticePreferences": logged_in,
    "listNotices": logged_in,
    "registerDevice": logged_in,
    "seeNotices": logged_in,
    "sendNotice": staff,
    "unregisterDevice": logged_in,
    "updateNoticePreferences": logged_in,
}
