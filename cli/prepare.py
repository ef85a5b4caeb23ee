"""`flask prepare`: what must hold before the system starts: migrated, superAdmins there, the demo seeded once."""
import logging
from smtplib import SMTPException

import click
from flask.cli import with_appcontext

from app.errors import RuleViolated
from app.identity.passwords import password_matches
from app.identity.roles import SUPER_ADMIN_ID
from app.notify.push_keys import ensure_push_key
from app.notify.smtp import MailUnprotected, SmtpAccount
from app.ops.checks import MAIL_SECONDS
from app.ops.logs import configure_logging
from app.ops.migrations import migrate_application
from app.runtime import runtime
from app.settings import Settings, SettingsError
from blueprints.platform.auth.commands import ensure_super_admin, move_super_admin
from blueprints.platform.auth.queries import find_active_account_by_id, has_super_admin
from cli.users import super_admin_hash

log = logging.getLogger("guildhall.prepare")


@click.command()
@with_appcontext
def prepare() -> None:
    """Migrate the database, create each realm's superAdmin and, in demo, seed once; what is done is left alone.

    SUPERADMIN_EMAIL and SUPERADMIN_PASSWORD count when the superAdmin is created; what they do later is said.
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
    if settings.env == "demo":
        from cli.demo_seed import is_seeded, seed_demo

        for realm in settings.realms:
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
    missing = [realm for realm in settings.realms if not has_super_admin(realm)]
    password_hash = super_admin_hash(settings) if missing else ""
    ensure_push_key()
    for realm in settings.realms:
        if realm in missing:
            ensure_super_admin(realm, settings.superadmin_email, password_hash)
        else:
            _tell_of_super_admin(realm, settings)


def _tell_of_super_admin(realm: str, settings: Settings) -> None:
    """Say what the two settings do to a superAdmin that is there (docs/decisions/100)."""
    try:
        is_moved = move_super_admin(realm, settings.superadmin_email)
    except RuleViolated as error:
        raise SettingsError(f"SUPERADMIN_EMAIL: another account of {realm} has this address") from error
    account = find_active_account_by_id(realm, SUPER_ADMIN_ID)
    if is_moved:
        _say(f"{realm}: the superAdmin has the address of SUPERADMIN_EMAIL now, no longer that of the documents")
    elif account.email != settings.superadmin_email:
        _say(f"{realm}: SUPERADMIN_EMAIL changes nothing, it counted at the first start: another address is in use")
    if not password_matches(account.password, settings.superadmin_password):
        _say(f"{realm}: SUPERADMIN_PASSWORD changes nothing, it counted at the first start; another password is set "
             f"by: flask users password {SUPER_ADMIN_ID} --realm {realm} --as {SUPER_ADMIN_ID}")


def _say(sentence: str) -> None:
    click.echo(sentence, err=True)
