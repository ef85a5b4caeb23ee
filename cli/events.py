"""`flask events`: see how far the outbox is, mend what is parked, send history once more, run the relay."""
import click
from flask.cli import with_appcontext

from app.events.deliveries import replay as replay_deliveries
from app.events.deliveries import retry_parked
from app.events.event_delivery import PARKED
from app.events.relay import run_relay
from app.events.report import oldest_unpublished_seconds, owed_deliveries, replayable
from app.events.subscriptions import Subscriptions
from app.jobs.wakeup import DELIVER, wake
from app.ops.health import backlog
from app.ops.heartbeats import RELAY, heartbeat
from app.ops.logs import configure_logging
from app.runtime import runtime
from cli.jobs import stop_on_signal
from cli.organization import lag_rows
from cli.terminal import acts, agreed, as_json_option, print_facts, print_json, print_rows, unknown


@click.group()
def events() -> None:
    """The outbox: what waits, what is parked, replay and retry; and the relay process.

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
    owed = [owed.row() for owed in owed_deliveries()]
    figures = {**backlog(), "oldestUnpublishedSeconds": oldest_unpublished_seconds()}
    if as_json:
        print_json({**figures, "subscribers": owed, "organization": lag_rows()})
    else:
        print_facts(figures, as_json=False)
        click.echo()
        print_rows(owed, as_json=False, empty="every delivery is done")
        click.echo()
        print_rows(lag_rows(), as_json=False, empty="no tenant of the organization store is behind")
    if figures["parked"]:
        raise click.exceptions.Exit(1)


@events.command("retry")
@click.argument("subscriber", required=False)
@acts
@with_appcontext
def retry(subscriber: str | None, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Owe parked deliveries again, of SUBSCRIBER or of all.

    Example: flask events retry notifications.price-changed --yes
    """
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
@click.argument("subscriber")
@click.option("--topic", help="Only this topic; default all the subscriber listens to.")
@click.option("--after", default=0, show_default=True, help="Only events with a number above this one.")
@acts
@with_appcontext
def replay(subscriber: str, topic: str | None, after: int, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Owe stored events to SUBSCRIBER once more, done ones included.

    Example: flask events replay search_indexing.refresh --after 120000
    """
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
    configure_logging(runtime().settings, "relay")
    with heartbeat(RELAY):
        run_relay(stop_on_signal())
