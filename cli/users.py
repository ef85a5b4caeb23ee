"""`flask users`: the accounts of a realm, by the same commands as the API. What only reads stands in user_reading.py.

Whoever changes an account that is there says as which member of staff (--as); the operator creates them as system."""
import secrets
from datetime import timedelta
from typing import Any

import click
from flask.cli import with_appcontext

from app.clock import now
from app.errors import InvalidInput
from app.identity.roles import ASSIGNABLE, SUPER_ADMIN, USER
from app.mail_addresses import masked_email
from app.runtime import runtime
from app.settings import Settings
from cli import completing, persons, user_import, user_reading
from cli.naming import active_account
from cli.terminal import (
    acts,
    agreed,
    operator_actor,
    operator_option,
    print_facts,
    reading_actor,
    rehearsed,
    say_unchanged,
    served_realm_option,
    spoken,
)
from cli.user_reading import shown

FOREVER = timedelta(days=365 * 100)
realm_option = served_realm_option("Whose users.")


@click.group()
def users() -> None:
    """Users of a realm: find, show, create, import, verify, change role, password, lock, export, erase, list. USER
    is an e-mail, an id, or an id's beginning or last eight digits.

    Example: flask users role ugo@demo.test admin --realm network --as admin@admin.com
    """


@users.command("create")
@click.argument("email")
@realm_option
@click.option("--fullname", required=True, help="The user's name.")
@click.option("--role", type=click.Choice(ASSIGNABLE), default=USER, show_default=True, help="The user's role.")
@click.option("--verified", is_flag=True, help="Take the e-mail as verified.")
@click.option("--password", help="The password; without it one is made and printed once.")
@acts
@with_appcontext
def create(email: str, realm: str, fullname: str, role: str, verified: bool, password: str | None, dry_run: bool,
           yes: bool, as_json: bool) -> None:
    """Create the user EMAIL.

    Example: flask users create anna@example.com --fullname "Anna Ant" --role admin --verified --yes
    """
    from app.http.schemas import load
    from app.identity.passwords import choose_password
    from blueprints.platform.auth import commands
    from blueprints.platform.auth.schemas import NEW_USERS

    chosen = password or secrets.token_urlsafe(12)
    try:
        given = load(NEW_USERS[realm](), {"email": email, "fullname": fullname, "password": chosen})
    except InvalidInput as error:
        raise click.BadParameter(error.message) from error
    address, fullname = given["email"], given["fullname"]
    hashed = choose_password(chosen, runtime().settings.password_min_length, (fullname, address))
    if hashed.weakness:
        raise click.BadParameter(hashed.weakness, param_hint="--password")
    operator = reading_actor(realm)

    def enrolled() -> Any:
        return commands.enrol_user(operator, email=address, password_hash=hashed.hash, fullname=fullname, role_id=role,
                                   email_verified=verified)

    rehearsed(operator, enrolled)
    if agreed(f"{realm}: {role} {address} ({fullname}) is created", dry_run=dry_run, yes=yes):
        made = _face(spoken(enrolled)) | {"email": address}
        print_facts(made | ({} if password else {"password": chosen}), as_json=as_json)


@users.command("verify")
@click.argument("user", shell_complete=completing.accounts)
@realm_option
@operator_option
@acts
@with_appcontext
def verify(user: str, realm: str, operator: str | None, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Take the e-mail of USER as verified.

    Example: flask users verify anna@demo.test --as ada@example.com --yes
    """
    from blueprints.platform.auth import credentials

    actor, known = operator_actor(realm, operator), active_account(realm, user)
    if known.email_verified:
        say_unchanged(f"{_named(known)} is verified already")
        return
    rehearsed(actor, lambda: credentials.verify_email(actor, known.id))
    if agreed(f"{realm}: {_named(known)} is taken as verified", dry_run=dry_run, yes=yes):
        print_facts(_face(spoken(lambda: credentials.verify_email(actor, known.id))), as_json=as_json)


@users.command("role")
@click.argument("user", shell_complete=completing.accounts)
@click.argument("role", type=click.Choice(ASSIGNABLE))
@realm_option
@operator_option
@acts
@with_appcontext
def change_role(user: str, role: str, realm: str, operator: str | None, dry_run: bool, yes: bool,
                as_json: bool) -> None:
    """Give USER the ROLE; open sessions have it at once. Only a superAdmin makes or unmakes an admin.

    Example: flask users role anna@demo.test admin --as admin@admin.com --yes
    """
    from blueprints.platform.auth import commands

    actor, known = operator_actor(realm, operator), active_account(realm, user)
    if known.role_id == role:
        say_unchanged(f"{_named(known)} is {role} already")
        return
    rehearsed(actor, lambda: commands.update_user_role(actor, known.id, role))
    if agreed(f"{realm}: {_named(known)} turns from {known.role_id} to {role}", dry_run=dry_run, yes=yes):
        print_facts(_face(spoken(lambda: commands.update_user_role(actor, known.id, role))), as_json=as_json)


@users.command("2fa")
@click.argument("role", type=click.Choice((SUPER_ADMIN, *ASSIGNABLE)))
@click.argument("channel", type=click.Choice(("email", "mobile")))
@realm_option
@click.option("--off", is_flag=True, help="Do not ask for it any more.")
@operator_option
@acts
@with_appcontext
def second_factor(role: str, channel: str, realm: str, off: bool, operator: str | None, dry_run: bool, yes: bool,
                  as_json: bool) -> None:
    """Ask everybody of ROLE for a second factor by CHANNEL at login, from the next login on.

    Example: flask users 2fa admin email --as admin@admin.com --yes
    """
    from blueprints.platform.auth import credentials, queries

    actor = operator_actor(realm, operator)
    is_on = channel in queries.role_factors(realm, role)
    if is_on != off:
        say_unchanged(f"{realm}: {role} is {'' if is_on else 'not '}asked for a second factor by {channel} already")
        return
    rehearsed(actor, lambda: credentials.set_role_factor(actor, role, channel, is_on=not off))
    if agreed(f"{realm}: {role} is {'no longer ' if off else ''}asked for a second factor by {channel}",
              dry_run=dry_run, yes=yes):
        spoken(lambda: credentials.set_role_factor(actor, role, channel, is_on=not off))
        print_facts({"realm": realm, "role": role, "channel": channel, "on": not off}, as_json=as_json)


@users.command("lock")
@click.argument("user", shell_complete=completing.accounts)
@realm_option
@click.option("--days", type=click.IntRange(1, 36_500), help="For so many days; without it, until it is undone.")
@click.option("--undo", is_flag=True, help="Let the user in again.")
@operator_option
@acts
@with_appcontext
def lock(user: str, realm: str, days: int | None, undo: bool, operator: str | None, dry_run: bool, yes: bool,
         as_json: bool) -> None:
    """Keep USER out: every session ends, no login until the lock ends.

    Example: flask users lock anna@demo.test --days 7 --as ada@example.com --yes
    """
    from app.data.columns import iso
    from blueprints.platform.auth import commands

    actor, known = operator_actor(realm, operator), active_account(realm, user)
    is_locked = known.locked_until is not None and known.locked_until > now()
    if undo and not is_locked:
        say_unchanged(f"{_named(known)} is not locked")
        return
    until = None if undo else now() + (timedelta(days=days) if days else FOREVER)
    what = "is let in again" if undo else f"is locked out for {days} days" if days else "is locked out until undone"
    rehearsed(actor, lambda: commands.lock_user(actor, known.id, until))
    if agreed(f"{realm}: {_named(known)} {what}", dry_run=dry_run, yes=yes):
        account = spoken(lambda: commands.lock_user(actor, known.id, until))
        print_facts(_face(account) | {"lockedUntil": iso(until)}, as_json=as_json)


@users.command("ensure-super-admin")
@acts
@with_appcontext
def ensure_super_admin(dry_run: bool, yes: bool, as_json: bool) -> None:
    """Create each realm's superAdmin, SUPERADMIN_EMAIL with SUPERADMIN_PASSWORD, unless it exists.

    Example: SUPERADMIN_PASSWORD=… flask users ensure-super-admin --yes
    """
    from blueprints.platform.auth import commands, queries

    settings = runtime().settings
    missing = [realm for realm in settings.realms if not queries.has_super_admin(realm)]
    password_hash = super_admin_hash(settings) if missing else ""
    if not missing:
        click.echo("every realm has its superAdmin", err=True)
    elif not agreed(f"{settings.superadmin_email} is created in {', '.join(missing)}", dry_run=dry_run, yes=yes):
        return
    created = [realm for realm in missing
               if commands.ensure_super_admin(realm, settings.superadmin_email, password_hash)]
    print_facts({"created": ", ".join(created) or None}, as_json=as_json)


for one in (user_reading.list_users, user_reading.find, user_reading.show, user_import.import_users, persons.password,
            persons.export, persons.erase):
    users.add_command(one)


def super_admin_hash(settings: Settings) -> str:
    """Return the hash of SUPERADMIN_PASSWORD; raises ClickException for one the password policy refuses."""
    from app.identity.passwords import choose_password

    chosen = choose_password(settings.superadmin_password, settings.password_min_length, (settings.superadmin_email,))
    if chosen.weakness:
        raise click.ClickException(f"SUPERADMIN_PASSWORD {chosen.weakness}")
    return chosen.hash


def _face(account: Any) -> dict[str, Any]:
    from app.data.serialization import row_serializer

    model: Any = type(account)
    return shown(row_serializer(model).entity(account))


def _named(account: Any) -> str:
    return f"{account.fullname} ({masked_email(account.email)})"
