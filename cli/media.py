"""`flask media`: the uploaded files: lists, one file, how many wait to be prepared; cleaning old ones."""
import sys
from typing import Any

import click
from flask.cli import with_appcontext

from cli import completing
from cli.naming import named_account, named_bucket, named_file
from cli.terminal import (
    acts,
    agreed,
    as_json_option,
    limit_option,
    minute,
    print_facts,
    print_rows,
    say_unchanged,
    served_realm_option,
)

_SHOWN = ("id", "uploadedAt", "state", "type", "bytes", "ownerId", "name")
realm_option = served_realm_option("Whose files.")


@click.group()
def media() -> None:
    """Uploaded files: list, find, show; how many wait to be prepared, and cleaning what older releases stored.

    Example: flask media list --state refused
    """


@media.command("list")
@click.option("--state", type=click.Choice(("preparing", "ready", "refused", "held")),
              help="Only those of this state; held: by moderation.")
@click.option("--owner", metavar="USER", shell_complete=completing.accounts,
              help="Only those in the buckets of this user: an e-mail or id.")
@click.option("--bucket", shell_complete=completing.buckets,
              help="Only those of this bucket: its id, or 018f4c1e-private.")
@realm_option
@limit_option("How many of the latest.")
@as_json_option
@with_appcontext
def list_files(state: str | None, owner: str | None, bucket: str | None, realm: str, limit: int, as_json: bool) -> None:
    """Show the latest files, the newest first. Of a private one the name is its owner's: only the ending is shown.

    Without --owner and --bucket, refused, ready and held ones are those among the latest 10,000 files.

    Example: flask media list --owner anna@demo.test --state refused
    """
    from blueprints.platform.bucket.inspection import latest_files

    if owner and bucket:
        raise click.UsageError("--owner: its buckets are meant, so no --bucket beside it")
    _print_files(latest_files(realm, state=state, bucket_id=bucket and named_bucket(realm, bucket),
                              owner_id=owner and named_account(realm, owner), limit=limit), as_json=as_json)


@media.command("find")
@click.argument("text")
@realm_option
@limit_option("How many of the latest.")
@as_json_option
@with_appcontext
def find(text: str, realm: str, limit: int, as_json: bool) -> None:
    """Show the files that TEXT names: an id, its beginning or last eight digits, or a part of the name of a public one.

    By name and by last digits it finds those among the latest 10,000 files.

    Example: flask media find watch.jpg
    """
    from blueprints.platform.bucket.inspection import find_files

    _print_files(find_files(realm, text.strip(), limit), as_json=as_json)


@media.command("show")
@click.argument("file_id", metavar="FILE", shell_complete=completing.files)
@as_json_option
@with_appcontext
def show(file_id: str, as_json: bool) -> None:
    """Show what is known of FILE, by its id, a beginning or the last eight digits: whose it is, and its state.

    Example: flask media show 018f4c1e
    """
    from blueprints.platform.bucket.inspection import known_file

    print_facts(known_file(named_file(file_id)) or {}, as_json=as_json)


@media.command("status")
@as_json_option
@with_appcontext
def status(as_json: bool) -> None:
    """Show how many files are being prepared, ready, refused, and never cleaned.

    Example: flask media status --json
    """
    from blueprints.platform.bucket.queries import files_by_state

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
    from blueprints.platform.bucket.preparation import clean_stored
    from blueprints.platform.bucket.queries import files_by_state

    waiting = files_by_state()["uncleaned"]
    if not waiting:
        say_unchanged("every stored picture is clean")
        return
    if not agreed(f"clean {waiting} stored pictures", dry_run=dry_run, yes=yes, reports=True) and not dry_run:
        return
    with click.progressbar(length=waiting, label="pictures", file=sys.stderr, show_pos=True) as bar:
        counted = clean_stored(dry_run=dry_run, after_each=lambda _: bar.update(1))
    print_facts({"dryRun": dry_run, **counted}, as_json=as_json)


def _print_files(rows: list[dict[str, Any]], *, as_json: bool) -> None:
    if not as_json:
        rows = [{name: row[name] for name in _SHOWN} | {"uploadedAt": minute(row["uploadedAt"])} for row in rows]
    print_rows(rows, as_json=as_json, empty="no files", ids=("id", "ownerId"), cut=("name", "type"))
