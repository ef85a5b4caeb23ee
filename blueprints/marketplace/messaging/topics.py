"""Topics of messaging that others listen to, literal from the contract."""

MESSAGE_CREATED = "ebaycclone-messaging-service-dbevent-messagingmessage-created"
