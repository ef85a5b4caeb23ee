"""`flask notify`: the messages the system wrote, those that did not leave, and whether their channels take any."""
from typing import Any

import click
from flask.cli import with_appcontext

from app.data.ids import canonical_uuid
from app.mail_addresses import masked_email, masked_in, typed_address
from app.runtime import runtime
from blueprints.platform.auth.rules import masked_mobile
from cli import completing
from cli.naming import the_one
from cli.terminal import (
    acts,
    agreed,
    as_json_option,
    every_realm_option,
    harmless,
    limit_option,
    minute,
    operator_actor,
    operator_option,
    print_facts,
    print_fields,
    print_json,
    print_rows,
    say_unchanged,
    served_realm_option,
)

CHANNEL = click.Choice(("email", "sms", "push"))
_NOT_AGAIN = {"sent": "was sent already", "queued": "waits already",
              "kept": "is not sent at all (MAIL_TRANSPORT=outbox)",
              "sms": "is an SMS, and nothing is set up to send one",
              "push": "is a push message, and nothing is set up to send one",
              "email": "is not sent at all (MAIL_TRANSPORT=outbox)",
              "gone": "carried a code, which is not kept: its person asks for a new one"}


@click.group()
def notify() -> None:
    """Letters, SMS, push: what was written to whom, what became of it, and what did not leave.

    Example: flask notify outbox --to anna@demo.test
    """


@notify.command("outbox")
@click.option("--to", "recipient", help="Only letters to this address.")
@every_realm_option
@limit_option("The newest so many.", usual=20, most=10_000)
@click.option("--reveal", is_flag=True, help="Show addresses whole; needs --as, and is recorded.")
@operator_option
@as_json_option
@with_appcontext
def outbox(recipient: str | None, realm: str | None, limit: int, reveal: bool, operator: str | None,
           as_json: bool) -> None:
    """Show the newest letters, newest first; with --json whole, else one line each, and with --to their text.

    Addresses are masked, except the one that --to names. In production the text of letters that carry a code is never
    shown.

    Example: flask notify outbox --to anna@demo.test --json
    """
    from app.notify.mailbox import read_outbox

    letters = read_outbox(typed_address(recipient) if recipient else None, limit, realm)
    if reveal:
        _note_that_they_are_shown(letters, operator)
    shown = [_whole(letter) for letter in letters]
    if not (reveal or recipient):
        shown = [_masked(letter) for letter in shown]
    if as_json:
        print_rows(shown, as_json=True)
        return
    print_rows([{name: letter[name] for name in ("createdAt", "status", "to", "template", "subject")}
                for letter in shown], as_json=False, empty="no letters", cut=("subject", "to"))
    for letter in letters if recipient else ():
        click.echo(harmless(f"\n— {letter['subject']}\n{letter['text']}"))


@notify.command("list")
@click.option("--state", type=click.Choice(("waiting", "parked", "refused", "sent")),
              help="Only those that wait, were given up (parked), were refused by the mail server, or were sent.")
@click.option("--channel", type=CHANNEL, help="Only letters, only SMS, or only push messages.")
@limit_option("The newest so many.", usual=20, most=10_000)
@as_json_option
@with_appcontext
def list_letters(state: str | None, channel: str | None, limit: int, as_json: bool) -> None:
    """Show the newest messages without their text, and why one did not leave; addresses are masked.

    Example: flask notify list --state parked
    """
    from app.notify.report import letters_in

    _print_letters(letters_in(state, limit, channel), as_json=as_json)


@notify.command("find")
@click.argument("text")
@limit_option("The newest so many.", usual=20, most=10_000)
@as_json_option
@with_appcontext
def find(text: str, limit: int, as_json: bool) -> None:
    """Show the letters that TEXT names, without their text: a whole address, or an id, its beginning or last eight
    digits. Addresses are masked.

    Example: flask notify find anna@demo.test
    """
    from app.notify.report import find_letters

    text = text.strip()
    _print_letters(find_letters(typed_address(text) if "@" in text else text, limit), as_json=as_json)


def _print_letters(letters: list[dict[str, Any]], *, as_json: bool) -> None:
    from app.data.columns import iso

    rows = [{"id": letter["id"], "createdAt": iso(letter["created_at"]), "realm": letter["realm"],
             "status": letter["status"], "to": _mask(letter["recipient"]), "template": letter["template"],
             "attempts": letter["attempts"], "lastError": masked_in(letter["last_error"] or "") or None,
             **({"channel": letter["channel"]} if as_json else {})}
            for letter in letters]
    if not as_json:
        rows = [row | {"createdAt": minute(row["createdAt"])} for row in rows]
    print_rows(rows, as_json=as_json, empty="no letters", ids=("id",), cut=("lastError", "to", "template"))


@notify.command("show")
@click.argument("letter", shell_complete=completing.letters)
@as_json_option
@with_appcontext
def show(letter: str, as_json: bool) -> None:
    """Show LETTER, by its id, a beginning or the last eight digits: how far it is and why.

    The address is masked; the text is what `flask notify outbox --to` shows.

    Example: flask notify show 018f4c1e
    """
    from app.data.columns import iso
    from app.notify.report import letter_facts, letters_named

    facts = letter_facts(the_one(letters_named(letter), f"there is no letter {letter}"))
    shown = {"id": facts["id"], "realm": facts["realm"], "channel": facts["channel"], "to": _mask(facts["recipient"]),
             "template": facts["template"], "status": facts["status"], "attempts": facts["attempts"],
             "lastError": masked_in(facts["last_error"] or "") or None,
             **{name: iso(facts[moment]) for name, moment in (
                 ("createdAt", "created_at"), ("nextAttemptAt", "next_attempt_at"), ("sentAt", "sent_at"))}}
    if as_json:
        print_json(shown)
    else:
        print_fields({name: "" if value is None else value for name, value in shown.items()})


@notify.command("retry")
@click.argument("letter", required=False, shell_complete=completing.letters)
@click.option("--refused", is_flag=True, help="Also those that the mail server refused, when its reason is gone.")
@acts
@with_appcontext
def retry(letter: str | None, refused: bool, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Send LETTER again, by its id, or all that were given up: with eight attempts, as on the first day.

    A letter that carried a code has no text any more: its person asks for a new one.

    Example: flask notify retry --yes
    """
    from app.notify.mailbox import retry_letters
    from app.notify.report import PARKED, REFUSED, letters_to_retry

    ids = [_to_send_again(letter)] if letter else letters_to_retry((PARKED, REFUSED) if refused else (PARKED,))
    if not ids:
        say_unchanged("no letter was given up")
    elif agreed(f"{len(ids)} letters are sent again", dry_run=dry_run, yes=yes):
        print_facts({"retried": retry_letters(ids)}, as_json=as_json)


@notify.command("test")
@click.argument("address")
@click.option("--channel", type=CHANNEL, default="email", show_default=True,
              help="sms: ADDRESS is a phone number; push: the e-mail of somebody with devices.")
@served_realm_option("Whose devices.")
@acts
@with_appcontext
def test(address: str, channel: str, realm: str, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Send one message to ADDRESS, and say what the mail server, the gateway or the push services answered.

    Exit code 1, with a sentence of what failed, when it is not taken.

    Example: flask notify test you@example.org --yes
    """
    from cli.notify_trials import trial_of

    trial = trial_of(channel, address, realm)
    if agreed(trial.question, dry_run=dry_run, yes=yes):
        print_facts(trial.send(), as_json=as_json)


@notify.command("muted")
@every_realm_option
@limit_option("The newest so many.", usual=20, most=10_000)
@as_json_option
@with_appcontext
def muted(realm: str | None, limit: int, as_json: bool) -> None:
    """Show the addresses that letters came back from, and since when nothing but codes is sent there; masked.

    Example: flask notify muted
    """
    from app.data.columns import iso
    from app.notify.bounces import bounced_addresses

    rows = [{"realm": one.realm, "address": _mask(one.address), "bounces": one.bounces,
             "lastAt": iso(one.last_at), "mutedAt": iso(one.muted_at), "lastError": masked_in(one.last_error)}
            for one in bounced_addresses(realm, limit)]
    if not as_json:
        rows = [row | {name: minute(row[name]) for name in ("lastAt", "mutedAt")} for row in rows]
    print_rows(rows, as_json=as_json, empty="no letter came back", cut=("lastError", "address"))


@notify.command("unmute")
@click.argument("address")
@every_realm_option
@acts
@with_appcontext
def unmute(address: str, realm: str | None, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Send letters to ADDRESS again, from which three came back: its mailbox is there again.

    Example: flask notify unmute anna@demo.test --yes
    """
    from app.notify.bounces import bounced_addresses, forget_bounces

    to = typed_address(address)
    rows = bounced_addresses(realm, len(runtime().settings.realms), address=to)
    if not rows:
        say_unchanged(f"no letter came back from {address}")
    elif agreed(f"letters go to {to} again", dry_run=dry_run, yes=yes):
        print_facts({"unmuted": forget_bounces([(row.realm, to) for row in rows])}, as_json=as_json)


@notify.command("bounce")
@click.argument("message", type=click.File("rb"), default="-")
@acts
@with_appcontext
def bounce(message: Any, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Count what a delivery status notification (RFC 3464) on standard input, or in the file MESSAGE, says came back.

    For a mail server's pipe: what is no such notification, or is about no letter of ours, changes nothing.

    Example: flask notify bounce returned.eml --yes
    """
    from app.notify.bounces import note_bounces
    from app.notify.dsn import MOST_BYTES, read_dsn

    found = read_dsn(message.read(MOST_BYTES), runtime().settings)
    if not found:
        say_unchanged("it says of no letter of ours that it failed")
    elif agreed(f"{len(found)} letters are counted as come back", dry_run=dry_run, yes=yes):
        print_facts({"counted": note_bounces(found)}, as_json=as_json)


def _to_send_again(text: str) -> str:
    from app.notify.report import letters_named, standing_of

    found = letters_named(text)
    if not found:
        raise click.BadParameter(f"there is no letter {text}", param_hint="LETTER")
    letter_id = the_one(found, "")
    standing = standing_of(letter_id)
    if standing in _NOT_AGAIN:
        raise click.ClickException(f"letter {text} {_NOT_AGAIN[standing]}")
    return letter_id


def _note_that_they_are_shown(letters: list[dict[str, Any]], operator: str | None) -> None:
    """Record, for each realm of the letters, that a member of its staff saw whose addresses."""
    from blueprints.platform.auth.commands import reveal_contacts
    from blueprints.platform.auth.queries import find_account

    for realm in sorted({letter["realm"] for letter in letters}):
        actor = operator_actor(realm, operator)
        accounts = [find_account(realm, to) for to in {one["recipient"] for one in letters if one["realm"] == realm}]
        reveal_contacts(actor, [account.id for account in accounts if account is not None])


def _masked(letter: dict[str, Any]) -> dict[str, Any]:
    return letter | {"to": _mask(letter["to"]), "lastError": letter["lastError"] and masked_in(letter["lastError"])}


def _mask(recipient: str) -> str:
    if "@" in recipient:
        return masked_email(recipient)
    return f"device …{recipient[-8:]}" if canonical_uuid(recipient) else masked_mobile(recipient)


def _whole(letter: dict[str, Any]) -> dict[str, Any]:
    from app.data.columns import iso

    return {"id": letter["id"], "realm": letter["realm"], "channel": letter["channel"], "to": letter["recipient"],
            "template": letter["template"], "subject": letter["subject"], "text": letter["text"],
            "html": letter["html"], "status": letter["status"], "attempts": letter["attempts"],
            "lastError": letter["last_error"], "createdAt": iso(letter["created_at"]), "sentAt": iso(letter["sent_at"])}
