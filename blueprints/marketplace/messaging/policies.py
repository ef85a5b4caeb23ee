"""Who may call messaging; commands and queries check whose message it is (rules-marketplace §5.2)."""
from app.identity.access import Predicate, logged_in

POLICIES: dict[str, Predicate] = {
    "createMessagingMessage": logged_in,
    "deleteMessagingMessage": logged_in,
    "getMessagingMessage": logged_in,
    "listConversations": logged_in,
    "listMessagingMessages": logged_in,
    "updateMessagingMessage": logged_in,
}
