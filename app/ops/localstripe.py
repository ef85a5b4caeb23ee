"""The stand-in for Stripe in demo and test: localstripe, a program of its own (GPL: run, never imported).

It forgets everything when it ends; never for production."""
import json
import os
import signal
import sys
import time
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

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


def become_localstripe(settings: Settings, webhook_url: str) -> None:
    """Turn this process into localstripe; a helper beside it tells it where our webhook is once it listens."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # kept across exec: the helper leaves no zombie
    if os.fork() == 0:
        os._exit(_register_webhook(settings, webhook_url))
    os.execv(PROGRAM, [str(PROGRAM), "--port", str(gateway_port(settings)), "--from-scratch"])


def _register_webhook(settings: Settings, webhook_url: str) -> int:
    body = json.dumps({"url": webhook_url, "secret": settings.stripe_webhook_secret}).encode()
    request = Request(f"{settings.stripe_api_base}/_config/webhooks/guildhall", body,
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
