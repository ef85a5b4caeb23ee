"""`flask users password`, `export` and `erase`: what operators do for one person, by the same commands as the API."""
import os
import secrets
from pathlib import Path
from typing import Any

import click
from flask.cli import with_appcontext

from app.clock import now
from app.data.ids import short_id
from app.mail_addresses import masked_email
from app.runtime import runtime
from blueprints.platform.auth.rules import holds
from cli import completing
from cli.naming import active_account, named_account
from cli.terminal import (
    acts,
    agreed,
    operator_actor,
    operator_option,
    print_facts,
    print_json,
    print_rows,
    rehearsed,
    say_unchanged,
    served_realm_option,
    spoken,
)

realm_option = served_realm_option("Whose users.")
RESET_LETTER = "password-reset-by-email"


@click.command("password")
@click.argument("user", shell_complete=completing.accounts)
@realm_option
@click.option("--generate", is_flag=True, help="Make one and print it once, instead of asking for it.")
@click.option("--send", is_flag=True, help="Send the letter by which USER resets it; nothing else changes.")
@operator_option
@acts
@with_appcontext
def password(user: str, realm: str, generate: bool, send: bool, operator: str | None, dry_run: bool, yes: bool,
             as_json: bool) -> None:
    """Give USER another password, typed twice: every session ends, and a letter says so.

    It is judged as everywhere: long enough, and none of those everybody tries. Who acts outranks USER; a superAdmin
    names himself.

    Example: flask users password anna@demo.test --generate --as ada@example.com --yes
    """
    from blueprints.platform.auth import credentials

    if generate and send:
        raise click.UsageError("--generate and --send are two ways; say one")
    actor, known = operator_actor(realm, operator), active_account(realm, user)
    whom = f"{realm}: {known.fullname} ({masked_email(known.email)})"
    if send:
        from blueprints.platform.auth.verification import start_verification

        _refuse_kept_out(known, whom)
        if agreed(f"{whom} is sent the letter that resets the password", dry_run=dry_run, yes=yes):
            spoken(lambda: start_verification(actor, RESET_LETTER, {"email": known.email}))
            credentials.note_reset_letter(actor, known.id)
            print_facts({"id": known.id, "letter": "sent"}, as_json=as_json)
        return
    made = secrets.token_urlsafe(12)
    tried = _chosen(realm, known.id, made)
    rehearsed(actor, lambda: credentials.set_password_by_admin(actor, known.id, chosen=tried))
    if agreed(f"{whom} gets another password; every session ends", dry_run=dry_run, yes=yes):
        chosen = tried if generate else _chosen(realm, known.id, click.prompt(
            "New password", hide_input=True, confirmation_prompt=True, err=True))
        spoken(lambda: credentials.set_password_by_admin(actor, known.id, chosen=chosen))
        said: dict[str, Any] = {"id": known.id, "email": masked_email(known.email), "sessions": "ended"}
        print_facts(said | ({"password": made} if generate else {}), as_json=as_json)


@click.command("export")
@click.argument("user", shell_complete=completing.accounts)
@realm_option
@click.option("--to", "file", type=click.Path(dir_okay=False, writable=True, path_type=Path), required=True,
              help="The zip that is written; it must not exist.")
@operator_option
@acts
@with_appcontext
def export(user: str, realm: str, file: Path, operator: str | None, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Write what is kept of USER into a zip: lists as JSON, files, and README.txt that says what is there.

    Give it to that person alone. It leaves an entry in the audit; docs/persons.md says what it has and has not.

    Example: flask users export anna@demo.test --to anna.zip --as ada@example.com --yes
    """
    from blueprints.platform.auth.exports import write_export
    from blueprints.platform.auth.person_commands import note_export

    actor, user_id = operator_actor(realm, operator), named_account(realm, user)
    rehearsed(actor, lambda: note_export(actor, user_id))
    if file.exists():
        raise click.ClickException(f"{file} exists; name a new file")
    if not agreed(f"{realm}: what is kept of {short_id(user_id)} is written to {file}", dry_run=dry_run, yes=yes):
        return
    spoken(lambda: note_export(actor, user_id))
    draft = file.with_name(f".{file.name}.{secrets.token_hex(4)}.part")
    try:
        with open(draft, "xb", opener=lambda path, flags: os.open(path, flags, 0o600)) as written:
            counts = write_export(realm, user_id, written)
        draft.rename(file)
    except OSError as error:
        raise click.ClickException(f"{file} could not be written: {error.strerror}") from error
    finally:
        draft.unlink(missing_ok=True)
    print_facts({"file": str(file), **{name: count for name, count in counts.items() if count}}, as_json=as_json)


@click.command("erase")
@click.argument("user", shell_complete=completing.accounts)
@realm_option
@operator_option
@acts
@with_appcontext
def erase(user: str, realm: str, operator: str | None, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Erase USER for good: nobody restores the account, and within minutes the workers remove what names it.

    Says first what becomes of which rows. Refused while others wait for something: an order, a payment, an auction
    with bids, a case. Events, codes and letters on their way go within days; docs/persons.md says what stays, and why.

    Example: flask users erase anna@demo.test --dry-run --as admin@admin.com
    """
    from blueprints.platform.auth.person_commands import erase_account, fates_of

    actor, user_id = operator_actor(realm, operator), named_account(realm, user)
    is_new = rehearsed(actor, lambda: erase_account(actor, user_id))
    fates = fates_of(realm, user_id)
    if not as_json:
        print_rows(fates, as_json=False, below="why")
    if not is_new:
        say_unchanged(f"{short_id(user_id)} is being erased already: `flask jobs run purge-archived` does it now")
        return
    if agreed(f"{realm}: {short_id(user_id)} is erased for good, with no way back", dry_run=dry_run, yes=yes,
              reports=as_json):
        spoken(lambda: erase_account(actor, user_id))
        print_facts({"id": user_id, "erased": "within minutes, by the workers"} | (
            {"rows": fates} if as_json else {}), as_json=as_json)
    elif as_json:
        print_json({"changed": False, "id": user_id, "rows": fates})


def _refuse_kept_out(known: Any, whom: str) -> None:
    """Refuse the letter for whom it would not reach: nobody proves anything for a locked or suspended account."""
    for until, state in ((known.locked_until, "locked"), (known.suspended_until, "suspended")):
        if holds(until, now()):
            raise click.ClickException(f"{whom} is {state}: no letter resets the password meanwhile")


def _chosen(realm: str, user_id: str, plain: str) -> Any:
    from app.identity.passwords import choose_password
    from blueprints.platform.auth.queries import personal_words

    return choose_password(plain, runtime().settings.password_min_length, personal_words(realm, user_id))
