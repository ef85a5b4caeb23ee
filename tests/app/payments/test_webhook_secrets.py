"""Each realm's webhook is signed with a secret of its own (NET-28)."""
import json
from dataclasses import replace

import pytest
from flask import Flask
from stripe import WebhookSignature

from app.payments.gateway.circuit_breaker import parse_webhook, webhook_secret
from app.payments.gateway.port import InvalidWebhook
from app.runtime import runtime

REALMS = ("marketplace", "network")
BODY = json.dumps({"id": "evt_1", "type": "payment_intent.succeeded", "created": 1_700_000_000, "data": {"object": {
    "object": "payment_intent", "id": "pi_1", "status": "succeeded", "amount": 1000, "currency": "usd"}}}).encode()


def signature_of(realm: str) -> str:
    secret = webhook_secret(runtime().settings, realm)
    return WebhookSignature.generate_signature_header(BODY.decode(), secret)


@pytest.mark.parametrize(("realm", "other"), [REALMS, REALMS[::-1]])
def test_net_28_an_event_signed_for_the_other_realm_is_refused(app: Flask, realm: str, other: str) -> None:
    with pytest.raises(InvalidWebhook):
        parse_webhook(realm, BODY, signature_of(other))
    assert parse_webhook(realm, BODY, signature_of(realm)).id == "evt_1"


def test_net_28_a_realm_without_a_secret_takes_no_event(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = replace(runtime().settings, stripe_webhook_secret_network="")
    monkeypatch.setattr(app.extensions["guildhall"], "settings", settings)
    unsigned = WebhookSignature.generate_signature_header(BODY.decode(), "")
    for signature in (unsigned, signature_of("marketplace"), None):
        with pytest.raises(InvalidWebhook):
            parse_webhook("network", BODY, signature)
