"""Topics of messaging that others listen to, literal from the contract."""

MESSAGE_CREATED = "linkedin-messaging-service-dbevent-message-created"
MESSAGE_UPDATED = "linkedin-messaging-service-dbevent-message-updated"
