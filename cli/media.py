"""`flask media`: the uploaded pictures, how many wait to be prepared, and cleaning those of older releases."""
import sys

import click
from flask.cli import with_appcontext

from blueprints.platform.bucket.preparation import clean_stored
from blueprints.platform.bucket.queries import files_by_state
from cli.terminal import acts, agreed, as_json_option, print_facts, say_unchanged


@click.group()
def media() -> None:
    """Uploaded pictures: how many wait to be prepared, and cleaning what older releases stored.

    Example: flask media clean --dry-run
    """


@media.command("status")
@as_json_option
@with_appcontext
def status(as_json: bool) -> None:
    """Show how many files are being prepared, ready, refused, and never cleaned.

    Example: flask media status --json
    """
    print_facts(files_by_state(), as_json=as_json)


@media.command("clean")
@acts
@with_appcontext
def clean(dry_run: bool, yes: bool, as_json: bool) -> None:
    """Turn pictures that older releases stored upright and remove their metadata (position, camera, comments).

    A picture that cannot be decoded within the limits is refused: no longer served, its bytes stay. Interrupted, the
    command goes on where it stopped when called again; what is clean is not touched again. A dry run only counts.

    Example: flask media clean --yes
    """
    waiting = files_by_state()["uncleaned"]
    if not waiting:
        say_unchanged("every stored picture is clean")
        return
    if not agreed(f"clean {waiting} stored pictures", dry_run=dry_run, yes=yes, reports=True) and not dry_run:
        return
    with click.progressbar(length=waiting, label="pictures", file=sys.stderr, show_pos=True) as bar:
        counted = clean_stored(dry_run=dry_run, after_each=lambda _: bar.update(1))
    print_facts({"dryRun": dry_run, **counted}, as_json=as_json)
