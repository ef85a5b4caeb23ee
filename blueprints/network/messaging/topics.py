"""Topics of messaging that others listen to, literal from the contract; the last is ours."""

MESSAGE_CREATED = "linkedin-messaging-service-dbevent-message-created"
MESSAGE_UPDATED = "linkedin-messaging-service-dbevent-message-updated"

CONVERSATION_ERASED = "linkedin-messaging-service-conversation-erased"
"""Nobody has it any more: it is removed with its messages, without an event of each."""
