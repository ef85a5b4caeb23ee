"""Who may call notificationManagement; commands and queries check whose notification it is (rules-marketplace §6.2)."""
from app.identity.access import Predicate, logged_in, staff

POLICIES: dict[str, Predicate] = {
    "createNotification": staff,
    "deleteNotification": logged_in,
    "getNotification": logged_in,
    "listNotifications": logged_in,
    "markNotificationsRead": logged_in,
    "updateNotification": logged_in,
}
