"""`flask index`: how the search indexes and the copies of the views stand, and mending them while they serve."""
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click
from flask.cli import with_appcontext

from cli import completing
from cli.known_names import INDEXES, VIEWS
from cli.terminal import acts, agreed, as_json_option, minute, print_rows, unknown

if TYPE_CHECKING:
    from app.search import IndexStatus
    from app.search.catalogue import DeclaredIndex


@click.group()
def index() -> None:
    """Search indexes and stored views: how they stand, rebuilding and comparing them.

    Example: flask index rebuild --index searchIndex --yes
    """


@index.command("status")
@as_json_option
@with_appcontext
def status(as_json: bool) -> None:
    """Show each index: state, documents indexed and in the database, size, age, and a rebuild that is under way.

    Exit code 1 when an index is missing, damaged or outdated: search answers from the database meanwhile, or from the
    outdated one while it can be read.

    Example: flask index status --json
    """
    from app.search.catalogue import declared_indexes, search_index

    found = {name: search_index(name).status() for name in sorted(declared_indexes())}
    rows = [_row(state, declared_indexes()[name]) for name, state in found.items()]
    if not as_json:
        rows = [row | {"updatedAt": minute(row["updatedAt"])} for row in rows]
    print_rows(rows, as_json=as_json, empty="no index is declared", cut=("reason", "index"))
    if any(state.state != "ready" for state in found.values()):
        raise click.exceptions.Exit(1)


def _row(state: "IndexStatus", declared: "DeclaredIndex") -> dict[str, Any]:
    return {"index": state.name, "state": state.state, "documents": state.documents,
            "inDatabase": declared.source.total(), "segments": state.segments, "bytes": state.size_bytes,
            "updatedAt": state.updated_at.isoformat(timespec="seconds") if state.updated_at else None,
            "rebuilt": state.rebuild_done, "reason": state.reason}


@index.command("misses")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="How many at most.")
@as_json_option
@with_appcontext
def misses(limit: int, as_json: bool) -> None:
    """Show what people searched and nothing holds: what to add, or a synonym to write (docs/search.md).

    Only what three people or more searched within 30 days: what fewer did is known to nobody.

    Example: flask index misses --limit 20
    """
    from app.search.misses import misses as found

    rows = found(limit)
    if not as_json:
        rows = [row | {"lastAt": minute(row["lastAt"])} for row in rows]
    print_rows(rows, as_json=as_json, empty="nothing that three people or more searched", cut=("words",))


@index.command("rebuild")
@click.option("--index", "name", shell_complete=completing.named(INDEXES), help="Only this index; default all.")
@click.option("--from-scratch", is_flag=True, help="Do not go on with a rebuild that was interrupted.")
@acts
@with_appcontext
def rebuild(name: str | None, from_scratch: bool, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Write search indexes anew from the database; searches and writes go on meanwhile, and nothing is lost.

    Interrupted, it goes on where it stopped when called again. Exit code 1 when another rebuild is running.

    Example: flask index rebuild --yes
    """
    from app.search import IndexBusy
    from app.search.catalogue import declared_indexes

    names = _chosen(name)
    what = ", ".join(f"{one} ({declared_indexes()[one].source.total()} documents)" for one in names)
    if not agreed(f"rebuild {what or 'nothing'}", dry_run=dry_run, yes=yes):
        return
    try:
        rows = [_rebuilt(one, resume=not from_scratch) for one in names]
    except IndexBusy as error:
        raise click.ClickException(str(error)) from error
    print_rows(rows, as_json=as_json, empty="no index is declared")


@index.command("views")
@as_json_option
@with_appcontext
def views(as_json: bool) -> None:
    """Show each view of the read layer: its rows, how many copies are kept, and when the last of them was made.

    A view without all of its copies is right, too: what no copy has is read. They are compared each night.

    Example: flask index views --json
    """
    from blueprints.platform.bff.comparing import all_views, view_figures

    rows = [view_figures(realm, view) for realm, view in all_views()]
    if not as_json:
        rows = [row | {"refreshedAt": minute(row["refreshedAt"])} for row in rows]
    print_rows(rows, as_json=as_json, empty="no view is kept")


@index.command("compare-views")
@click.option("--view", "name", shell_complete=completing.named(VIEWS), help="Only this view; default all.")
@acts
@with_appcontext
def compare_views(name: str | None, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Compare the copies of the views with what the function says, and mend those that differ; nobody waits for it.

    The dry run compares and says what differs: missing, older, of no row any more (surplus), wrong.

    Example: flask index compare-views --view BidNotificationView --yes
    """
    from blueprints.platform.bff.comparing import all_views, compare

    known = all_views()
    if name is not None and name not in {view for _, view in known}:
        raise unknown("view", name, [view for _, view in known], "--view")
    chosen = [(realm, view) for realm, view in known if name in (None, view)]
    goes_on = agreed(f"compare {', '.join(view for _, view in chosen) or 'nothing'}", dry_run=dry_run, yes=yes,
                     reports=True)
    print_rows([{"view": view, **compare(realm, view, mends=goes_on)} for realm, view in chosen], as_json=as_json,
               empty="no view is kept")


def _chosen(name: str | None) -> list[str]:
    from app.search.catalogue import declared_indexes

    known = sorted(declared_indexes())
    if name is None:
        return known
    if name not in known:
        raise unknown("index", name, known, "--index")
    return [name]


def _rebuilt(name: str, *, resume: bool) -> dict[str, Any]:
    from app.search.catalogue import rebuild_index

    started = time.monotonic()
    with click.progressbar(length=1, label=name, file=sys.stderr, show_pos=True) as bar:
        documents = rebuild_index(name, progress=_shown_on(bar), resume=resume)
    return {"index": name, "documents": documents, "seconds": round(time.monotonic() - started, 1)}


def _shown_on(bar: Any) -> Callable[[int, int], None]:
    """Return the progress callback of a bar; going back means the next stage begins, the bar starts again."""
    def show(done: int, total: int) -> None:
        bar.length = max(total, 1)
        bar.update(done - bar.pos)
    return show
