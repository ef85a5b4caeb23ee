"""The stand-in for Stripe in demo and test: localstripe, a program of its own (GPL: run, never imported).

It forgets everything when it ends; never for production."""
import json
import os
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from app.payments.gateway.circuit_breaker import webhook_secret
from app.settings import Settings

PROGRAM = Path(__file__).resolve().parents[2] / ".localstripe" / "bin" / "localstripe"
START_SECONDS = 20.0


def stands_in(settings: Settings) -> bool:
    """True when payments of these settings go to a localstripe of this machine that we can start."""
    base = urlsplit(settings.stripe_api_base)
    return not settings.is_production and base.hostname == "127.0.0.1" and PROGRAM.exists()


def gateway_port(settings: Settings) -> int:
    """Return the port the stand-in listens on."""
    return urlsplit(settings.stripe_api_base).port or 80


def become_localstripe(settings: Settings, webhooks: Mapping[str, str]) -> None:
    """Turn this process into localstripe; a helper beside it tells it where each realm's webhook is once it listens."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # stays so after exec: the helper leaves no zombie
    if os.fork() == 0:
        os._exit(max((_register(settings, *webhook) for webhook in webhooks.items()), default=0))
    os.execv(PROGRAM, [str(PROGRAM), "--port", str(gateway_port(settings)), "--from-scratch"])


def _register(settings: Settings, realm: str, url: str) -> int:
    body = json.dumps({"url": url, "secret": webhook_secret(settings, realm)}).encode()
    request = Request(f"{settings.stripe_api_base}/_config/webhooks/guildhall-{realm}", body,
                      {"Content-Type": "application/json"})
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            with urlopen(request, timeout=2):
                return 0
        except (URLError, OSError):
            time.sleep(0.1)
    sys.stderr.write("localstripe took no webhook\n")
    return 1
