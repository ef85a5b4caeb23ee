"""`flask notify`: the letters the system wrote."""
import click
from flask.cli import with_appcontext

from app.data.columns import iso
from app.mail_addresses import typed_address
from app.notify.mailbox import read_outbox
from cli.terminal import as_json_option, every_realm_option, print_rows


@click.group()
def notify() -> None:
    """Letters: what was written to whom, and what became of it.

    Example: flask notify outbox --to anna@demo.test
    """


@notify.command("outbox")
@click.option("--to", "recipient", help="Only letters to this address.")
@every_realm_option
@click.option("--limit", type=click.IntRange(1, 10_000), default=20, show_default=True, help="The newest so many.")
@as_json_option
@with_appcontext
def outbox(recipient: str | None, realm: str | None, limit: int, as_json: bool) -> None:
    """Show the newest letters, newest first; with --json whole, else one line each, and with --to their text.

    In production the text of letters that carry a code is never shown.

    Example: flask notify outbox --to anna@demo.test --json
    """
    letters = read_outbox(typed_address(recipient) if recipient else None, limit, realm)
    if as_json:
        print_rows([_whole(letter) for letter in letters], as_json=True)
        return
    print_rows([{name: _whole(letter)[name] for name in ("createdAt", "status", "to", "template", "subject")}
                for letter in letters], as_json=False, empty="no letters")
    for letter in letters if recipient else ():
        click.echo(f"\n— {letter['subject']}\n{letter['text']}")


def _whole(letter: dict[str, object]) -> dict[str, object]:
    sent = {name: iso(letter[name]) for name in ("created_at", "sent_at")}  # type: ignore[arg-type]
    return {"id": letter["id"], "realm": letter["realm"], "channel": letter["channel"], "to": letter["recipient"],
            "template": letter["template"], "subject": letter["subject"], "text": letter["text"],
            "html": letter["html"], "status": letter["status"], "attempts": letter["attempts"],
            "lastError": letter["last_error"], "createdAt": sent["created_at"], "sentAt": sent["sent_at"]}
