"""The mail job: rung after each posted letter, and every 30 seconds for what a lost bell or a back-off left waiting."""
from app.jobs.schedule import periodic
from app.notify.mailbox import SEND_MAIL, deliver_queued
from app.notify.smtp import SmtpAccount, SmtpTransport
from app.runtime import runtime


@periodic(SEND_MAIL, seconds=30)
def send_mail() -> str:
    """Send the letters that wait for the mail server."""
    settings = runtime().settings
    if settings.mail_transport != "smtp":
        return "letters stay in the outbox (MAIL_TRANSPORT=outbox)"
    with SmtpTransport(SmtpAccount.of(settings.smtp_url, settings.mail_from)) as transport:
        ended = deliver_queued(transport)
    return ", ".join(f"{number} {status}" for status, number in sorted(ended.items())) or "nothing to send"
