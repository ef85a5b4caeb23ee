"""`flask moderate`: a moderator's day; docs/moderation.md walks through it.

A command is in the file its part has; the services are imported when it runs, so that help answers at once."""
import click

from cli.moderate.appealing import appeals, decide
from cli.moderate.auditing import audit
from cli.moderate.bulks import bulks, remove_listing
from cli.moderate.cases import ask, dismiss, note, release, resolve, take
from cli.moderate.catalogues import ladder, rules, transparency, words
from cli.moderate.companies import assign_admin, orphans
from cli.moderate.corrections import flag_media, record, restore, second_chance
from cli.moderate.judging import ban, hide, mute_reporter, override_feedback, show_again, suspend, unban, warn
from cli.moderate.reading import queue, show
from cli.moderate.undoing import undo


@click.group()
def moderate() -> None:
    """Moderation: what waits, a case, what is done about it, and its undo. CASE is a number as 142, an act one as a57.

    Who acts is named by --as or GUILDHALL_OPERATOR; to read needs nobody.

    Example: flask moderate resolve 142 --remove --suspend 7 --rule counterfeit --as ada@example.com
    """


for command in (
    queue, show, take, release, note, ask, dismiss, resolve,
    warn, hide, show_again, override_feedback, remove_listing, suspend, ban, unban, undo, mute_reporter,
    appeals, decide, bulks, words, rules, ladder, transparency,
    audit, record, restore, flag_media, second_chance, orphans, assign_admin,
):
    moderate.add_command(command)
