"""Who may call messaging: whoever is logged in (NET-31); who takes part in what, commands and queries check."""
from app.identity.access import Predicate, logged_in
from blueprints.network.sample_functions import SAMPLE_POLICIES

POLICIES: dict[str, Predicate] = SAMPLE_POLICIES | dict.fromkeys((
    "createConversation", "createMessage", "deleteConversation", "deleteMessage", "getConversation", "getMessage",
    "listConversations", "listMessages", "readConversation", "updateConversation", "updateMessage"), logged_in)
