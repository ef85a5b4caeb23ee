"""Which channels leave this installation, and when a message that did not leave is tried again."""
from datetime import timedelta

from app.backoff import Backoff
from app.notify.models import EMAIL, PUSH, SMS
from app.settings import Settings

BACKOFF = Backoff(timedelta(minutes=1), timedelta(hours=6), factor=4, most=8)
"""When a message that did not leave is tried again, and after how many times no more."""


def is_sent(channel: str, settings: Settings) -> bool:
    """Tell whether messages of a channel leave this installation; else they stay in the outbox."""
    return {EMAIL: settings.mail_transport == "smtp", SMS: settings.sms_provider != "outbox",
            PUSH: settings.push_transport == "send"}[channel]
