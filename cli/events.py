"""`flask events`: see how far the outbox is, mend what is parked, send history once more, run the relay."""
import click
from flask.cli import with_appcontext

from app.ops.logs import configure_logging
from app.runtime import runtime
from cli import completing
from cli.jobs import stop_on_signal
from cli.known_names import SUBSCRIBERS
from cli.terminal import (
    Part,
    acts,
    agreed,
    as_json_option,
    limit_option,
    minute,
    print_facts,
    print_json,
    print_record,
    print_rows,
    unknown,
)

_LISTED = ("number", "at", "state", "realm", "event", "key", "userId")
_LOOKS = {
    "events": Part(("eventId", "topic"), cut=("topic",)),
    "deliveries": Part(("subscriber", "status", "attempts", "next", "done", "topic"), cut=("topic", "subscriber"),
                       below="error"),
}


@click.group()
def events() -> None:
    """The outbox: what was written, what waits, what is parked, replay and retry; and the relay process.

    Example: flask events status
    """


@events.command("status")
@as_json_option
@with_appcontext
def status(as_json: bool) -> None:
    """Show how many outbox records wait for the relay, how old the oldest is, and what each subscriber is owed.

    Under that, the tenants of the organization store whose events wait. Exit code 1 when a delivery is parked.

    Example: flask events status --json
    """
    from app.events.report import oldest_unpublished_seconds, owed_deliveries
    from app.ops.health import backlog
    from cli.organization.upkeep import lag_rows, print_lag

    owed = [owed.row() for owed in owed_deliveries()]
    figures = {**backlog(), "oldestUnpublishedSeconds": oldest_unpublished_seconds()}
    if as_json:
        print_json({**figures, "subscribers": owed, "organization": lag_rows()})
    else:
        print_facts(figures, as_json=False)
        click.echo()
        print_rows(owed, as_json=False, empty="every delivery is done", cut=("error", "subscriber"))
        click.echo()
        print_lag(lag_rows(), empty="no tenant of the organization store is behind")
    if figures["parked"]:
        raise click.exceptions.Exit(1)


@events.command("list")
@click.option("--topic", shell_complete=completing.topics,
              help="Only those that make an event of this topic.")
@click.option("--state", type=click.Choice(("waiting", "owed", "parked")),
              help="Only those the relay has not taken, that a subscriber has still to do, or that one gave up.")
@limit_option("How many of the latest.")
@as_json_option
@with_appcontext
def list_events(topic: str | None, state: str | None, limit: int, as_json: bool) -> None:
    """Show the latest records of the outbox, the newest first: what happened to what, by whom, and how far it is. Not
    what is in them; of the row's id the last eight digits, with --json, too.

    Example: flask events list --state parked
    """
    from app.events.report import latest_records

    rows = latest_records(state=state, topic=topic, limit=limit)
    if not as_json:
        rows = [{name: row[name] for name in _LISTED} | {"at": minute(row["at"])} for row in rows]
    print_rows(rows, as_json=as_json, empty="no records", ids=("userId",), cut=("key",), cut_last=("event",))


@events.command("show")
@click.argument("record", metavar="NUMBER", type=click.IntRange(1, 2**63 - 1), shell_complete=completing.records)
@as_json_option
@with_appcontext
def show(record: int, as_json: bool) -> None:
    """Show the record of that NUMBER: the events it makes, and what became of each at its subscribers. Of an update the
    names of what it changed; not what is in it.

    Example: flask events show 1207
    """
    from app.events.report import record_in_the_outbox

    found = record_in_the_outbox(record)
    if found is None:
        raise click.ClickException(f"the outbox has no record {record}: never written, or done and purged")
    parts = {name: found.pop(name) for name in _LOOKS}
    if not as_json:
        del found["topics"]  # they stand in a table of their own
        found["changed"] = ", ".join(found["changed"])
    print_record(found, parts, _LOOKS, as_json=as_json)


@events.command("retry")
@click.argument("subscriber", required=False, shell_complete=completing.named(SUBSCRIBERS))
@acts
@with_appcontext
def retry(subscriber: str | None, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Try parked deliveries again, of SUBSCRIBER or of all.

    Example: flask events retry notifications.price-changed --yes
    """
    from app.events.deliveries import retry_parked
    from app.events.event_delivery import PARKED
    from app.events.report import owed_deliveries
    from app.jobs.wakeup import DELIVER, wake

    _refuse_unknown(subscriber)
    parked = [owed for owed in owed_deliveries() if owed.status == PARKED and subscriber in (None, owed.subscriber)]
    count = sum(owed.count for owed in parked)
    if not count:
        print_facts({"retried": 0}, as_json=as_json)
        return
    names = ", ".join(sorted({owed.subscriber for owed in parked}))
    if agreed(f"{count} parked deliveries of {names} are tried again", dry_run=dry_run, yes=yes):
        retried = retry_parked(subscriber)
        wake(DELIVER)
        print_facts({"retried": retried}, as_json=as_json)


@events.command("replay")
@click.argument("subscriber", shell_complete=completing.named(SUBSCRIBERS))
@click.option("--topic", shell_complete=completing.topics,
              help="Only this topic; default all the subscriber listens to.")
@click.option("--after", default=0, show_default=True, help="Only events with a number above this one.")
@acts
@with_appcontext
def replay(subscriber: str, topic: str | None, after: int, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Send stored events to SUBSCRIBER once more, done ones included.

    Example: flask events replay search_indexing.refresh --after 120000
    """
    from app.events.deliveries import replay as replay_deliveries
    from app.events.report import replayable
    from app.jobs.wakeup import DELIVER, wake

    _refuse_unknown(subscriber)
    try:
        count = replayable(subscriber, topic, after)
    except LookupError as error:
        raise click.UsageError(str(error)) from error
    if agreed(f"{count} events go to {subscriber} again", dry_run=dry_run, yes=yes):
        replayed = replay_deliveries(subscriber, topic=topic, after=after)
        wake(DELIVER)
        print_facts({"replayed": replayed}, as_json=as_json)


def _refuse_unknown(subscriber: str | None) -> None:
    """Raise BadParameter for a subscriber that is not there, and of whom no delivery is left from before."""
    from app.events.report import owed_deliveries
    from app.events.subscriptions import Subscriptions

    known = {*runtime().part(Subscriptions).by_name, *(owed.subscriber for owed in owed_deliveries())}
    if subscriber is not None and subscriber not in known:
        raise unknown("subscriber", subscriber, known, "SUBSCRIBER")


@events.command("relay")
@with_appcontext
def relay() -> None:
    """Run the relay until SIGTERM; of several, one leads and the others wait.

    Example: flask events relay
    """
    run_the_relay()


def run_the_relay() -> None:
    """Relay in this process until a signal stops it."""
    from app.events.relay import run_relay
    from app.ops.heartbeats import RELAY, heartbeat

    configure_logging(runtime().settings, "relay")
    with heartbeat(RELAY):
        run_relay(stop_on_signal())
