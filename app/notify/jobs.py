"""The mail jobs: sending, woken after each letter and every 30 seconds for what was left waiting; and the purge."""
from app.data.restored_copy import HELD_BACK, is_held_back
from app.jobs.schedule import kernel_periodic
from app.notify.mailbox import SEND_MAIL, deliver_queued, purge_letters
from app.notify.smtp import SmtpAccount, SmtpTransport
from app.runtime import runtime


@kernel_periodic(SEND_MAIL, seconds=30)
def send_mail() -> str:
    """Send the letters that wait for the mail server."""
    settings = runtime().settings
    if settings.mail_transport != "smtp":
        return "letters stay in the outbox (MAIL_TRANSPORT=outbox)"
    if is_held_back():
        return f"letters wait: {HELD_BACK}"
    with SmtpTransport(SmtpAccount.of_settings(settings)) as transport:
        ended = deliver_queued(transport)
    return ", ".join(f"{number} {status}" for status, number in sorted(ended.items())) or "nothing to send"


@kernel_periodic("purge-letters", days=1)
def purge_old_letters() -> str:
    """Remove letters older than MAIL_DAYS that wait for nothing."""
    return f"{purge_letters(runtime().settings.mail_days)} letters removed"
