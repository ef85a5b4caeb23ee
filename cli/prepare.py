"""`flask prepare`: what must hold before the system starts: migrated, superAdmins there, the demo seeded once."""
import logging
from smtplib import SMTPException

import click
from flask.cli import with_appcontext

from app.notify.smtp import MailUnprotected, SmtpAccount
from app.ops.checks import MAIL_SECONDS
from app.ops.logs import configure_logging
from app.ops.migrations import migrate_application
from app.runtime import runtime
from app.settings import Settings, SettingsError
from blueprints.platform.auth.commands import ensure_super_admin
from cli.demo_seed import is_seeded, seed_demo
from cli.users import super_admin_hash

log = logging.getLogger("guildhall.prepare")


@click.command()
@with_appcontext
def prepare() -> None:
    """Migrate the database, create each realm's superAdmin and, in demo, seed once; what is done is left alone.

    Refused where the mail server is another machine and offers no TLS.

    Example: GUILDHALL_ENV=production flask prepare
    """
    try:
        prepare_and_seed()
    except SettingsError as error:
        raise click.ClickException(str(error)) from error


def prepare_and_seed() -> None:
    """Do what `flask prepare` does, in this process; raises SettingsError."""
    settings = runtime().settings
    configure_logging(settings, "prepare")
    _refuse_mail_in_clear(settings)
    prepare_system()
    for realm in settings.realms if settings.env == "demo" else ():
        if not is_seeded(realm):
            seed_demo(realm)


def _refuse_mail_in_clear(settings: Settings) -> None:
    """A server that is away, or whose certificate has run out today, is no reason to stand still: letters wait."""
    if settings.mail_transport != "smtp":
        return
    try:
        SmtpAccount.of_settings(settings).connect(MAIL_SECONDS).close()
    except MailUnprotected as error:
        raise SettingsError(f"SMTP_URL: {error}") from error
    except (OSError, SMTPException) as error:
        log.warning("letters wait until the mail server takes them: %s", error)


def prepare_system() -> None:
    """Bring the database to its newest migration and make sure that every realm has its superAdmin.

    Raises SettingsError for a database that is the target of a copy which is not whole."""
    settings = runtime().settings
    migrate_application()
    password_hash = super_admin_hash(settings)
    for realm in settings.realms:
        ensure_super_admin(realm, password_hash)
