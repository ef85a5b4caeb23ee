"""Who may have webhooks: every person for what he sees, and API clients with the scope `webhooks` (decision 46)."""
from app.identity.access import Predicate, client_with

POLICIES: dict[str, Predicate] = dict.fromkeys((
    "createWebhookEndpoint", "listWebhookEndpoints", "getWebhookEndpoint", "updateWebhookEndpoint",
    "deleteWebhookEndpoint", "rotateWebhookSecret", "createWebhookTest", "getWebhookDryRun", "listWebhookDeliveries",
    "createWebhookReplay", "getWebhookEvents"), client_with("webhooks"))
