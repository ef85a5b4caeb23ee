"""The sending jobs, one a channel, woken after each message and every 30 seconds for what was left; and the purge."""
from app.data.restored_copy import HELD_BACK, is_held_back
from app.jobs.schedule import kernel_periodic
from app.notify.bounces import purge_bounces
from app.notify.carrier import Carrier
from app.notify.channels import is_sent
from app.notify.delivery import deliver_queued
from app.notify.mailbox import SEND_MAIL, SEND_PUSH, SEND_SMS, purge_letters
from app.notify.models import EMAIL, PUSH, SMS
from app.notify.push import PushCarrier
from app.notify.sms import SmsAccount, SmsCarrier
from app.notify.smtp import SmtpAccount, SmtpTransport
from app.outward.client import OutwardClient
from app.runtime import runtime


@kernel_periodic(SEND_MAIL, seconds=30)
def send_mail() -> str:
    """Send the letters that wait for the mail server."""
    settings = runtime().settings
    if not is_sent(EMAIL, settings):
        return "letters stay in the outbox (MAIL_TRANSPORT=outbox)"
    return _sent(EMAIL, SmtpTransport(SmtpAccount.of_settings(settings)))


@kernel_periodic(SEND_SMS, seconds=30)
def send_sms() -> str:
    """Send the SMS that wait for the gateway."""
    settings = runtime().settings
    if not is_sent(SMS, settings):
        return "SMS stay in the outbox (SMS_PROVIDER=outbox)"
    return _sent(SMS, SmsCarrier(SmsAccount.of_settings(settings), OutwardClient.of_settings(settings)))


@kernel_periodic(SEND_PUSH, seconds=30)
def send_push() -> str:
    """Send the push messages that wait for the services of their devices."""
    settings = runtime().settings
    if not is_sent(PUSH, settings):
        return "push messages stay in the outbox (PUSH_TRANSPORT=outbox)"
    return _sent(PUSH, PushCarrier.of_settings(settings))


@kernel_periodic("purge-letters", days=1)
def purge_old_letters() -> str:
    """Remove messages older than MAIL_DAYS that wait for nothing, and addresses whose bounces count no more."""
    letters, addresses = purge_letters(runtime().settings.mail_days), purge_bounces()
    return f"{letters} letters, {addresses} addresses that bounced removed"


def _sent(channel: str, carrier: Carrier) -> str:
    if is_held_back():
        return f"{channel} waits: {HELD_BACK}"
    with carrier:
        ended = deliver_queued(carrier, channel)
    return ", ".join(f"{number} {status}" for status, number in sorted(ended.items())) or "nothing to send"
