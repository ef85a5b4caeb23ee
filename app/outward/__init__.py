"""The guarded client for every call to an address that somebody named: webhooks, Web Push, gateways of messages."""
