"""Webhooks out: what happens in a realm is sent to HTTPS addresses that people name (front-door.md FD-17 to FD-21)."""
