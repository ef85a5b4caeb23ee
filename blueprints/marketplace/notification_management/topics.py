"""The topics notificationManagement emits, literal from the contract."""

NOTIFICATION_CREATED = "ebaycclone-notificationmanagement-service-dbevent-notification-created"
