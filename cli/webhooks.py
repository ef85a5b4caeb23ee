"""`flask webhooks`: which there are and how they stand; pausing, testing and sending once more; and the sender."""
from typing import Any

import click
from flask.cli import with_appcontext

from app.ops.logs import configure_logging
from app.runtime import runtime
from cli import completing
from cli.jobs import stop_on_signal
from cli.naming import named_account, named_delivery, named_webhook
from cli.terminal import (
    Part,
    acts,
    agreed,
    as_json_option,
    limit_option,
    minute,
    print_facts,
    print_record,
    print_rows,
    reading_actor,
    rehearsed,
    say_unchanged,
    served_realm_option,
    spoken,
)

_LISTED = ("id", "createdAt", "state", "failingSince", "succeededAt", "userId", "url")
_LOOKS = {"deliveries": Part(("id", "createdAt", "state", "attempts", "lastStatus", "dueAt", "topic"), ids=("id",),
                             cut=("topic",), below="lastError")}


@click.group()
def webhooks() -> None:
    """Webhooks: list, show one with its deliveries, send once more, pause, test; and the process that sends.

    Example: flask webhooks list --state suspended
    """


@webhooks.command("list")
@click.option("--state", type=click.Choice(("active", "paused", "suspended", "disabled")), help="Only of this state.")
@click.option("--owner", metavar="USER", shell_complete=completing.accounts,
              help="Only those of this user: an e-mail or id.")
@served_realm_option("Whose webhooks.")
@limit_option("How many of the latest.")
@as_json_option
@with_appcontext
def list_webhooks(state: str | None, owner: str | None, realm: str, limit: int, as_json: bool) -> None:
    """Show the webhooks, the newest first: their state, since when they fail, and the host they send to.

    Example: flask webhooks list --owner anna@demo.test
    """
    from blueprints.platform.webhooks.inspection import latest_webhooks

    rows = latest_webhooks(realm, state=state, owner_id=owner and named_account(realm, owner), limit=limit)
    if not as_json:
        rows = [{name: row[name] for name in _LISTED}
                | {name: minute(row[name]) for name in ("createdAt", "failingSince", "succeededAt")} for row in rows]
    print_rows(rows, as_json=as_json, empty="no webhooks", ids=("id", "userId"), cut=("url",))


@webhooks.command("show")
@click.argument("webhook", metavar="WEBHOOK", shell_complete=completing.webhooks)
@limit_option("How many deliveries.", usual=20)
@as_json_option
@with_appcontext
def show(webhook: str, limit: int, as_json: bool) -> None:
    """Show WEBHOOK, by its id, a beginning or the last eight digits, and its latest deliveries, the newest first.

    Example: flask webhooks show 018f4c1e
    """
    from blueprints.platform.webhooks.inspection import webhook_facts

    facts, deliveries = webhook_facts(named_webhook(webhook), messages=limit)
    if not as_json:
        facts["topics"] = ", ".join(facts["topics"])
        deliveries = [one | {name: minute(one[name]) for name in ("createdAt", "dueAt")} for one in deliveries]
    print_record(facts, {"deliveries": deliveries}, _LOOKS, as_json=as_json)


@webhooks.command("replay")
@click.argument("webhook", metavar="WEBHOOK", shell_complete=completing.webhooks)
@click.option("--delivery", metavar="ID", shell_complete=completing.deliveries,
              help="One delivery, by its id, a beginning or the last eight digits.")
@click.option("--first", "first_position", type=click.IntRange(0), help="The first position of a range.")
@click.option("--last", "last_position", type=click.IntRange(0), help="The last position of a range.")
@acts
@with_appcontext
def replay(webhook: str, delivery: str | None, first_position: int | None, last_position: int | None, dry_run: bool,
           yes: bool, as_json: bool) -> None:
    """Send to WEBHOOK once more, under the former ids: one delivery, or those of a range of positions, at most 1,000.

    Example: flask webhooks replay 018f4c1e --delivery 0d6f1b2c --yes
    """
    from blueprints.platform.webhooks import commands

    is_range = first_position is not None or last_position is not None
    if is_range == (delivery is not None):
        raise click.UsageError("say which: --delivery ID, or --first and --last")
    actor, endpoint_id = _actor_on(webhook)
    chosen: dict[str, Any] = {"first_position": first_position, "last_position": last_position}
    if delivery is not None:
        chosen = {"delivery_id": named_delivery(endpoint_id, delivery)}
    number = rehearsed(actor, lambda: commands.replay(actor, endpoint_id, **chosen))
    if not number:
        say_unchanged("nothing to do: no delivery has such a position")
        return
    if agreed(f"{number} deliveries are sent once more", dry_run=dry_run, yes=yes):
        print_facts({"replayed": spoken(lambda: commands.replay(actor, endpoint_id, **chosen))}, as_json=as_json)


@webhooks.command("pause")
@click.argument("webhook", metavar="WEBHOOK", shell_complete=completing.webhooks)
@click.option("--resume", is_flag=True, help="Let it be active again; also ends a suspension.")
@acts
@with_appcontext
def pause(webhook: str, resume: bool, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Send WEBHOOK nothing for now; what happens meanwhile waits for seven days. --resume ends that.

    Example: flask webhooks pause 018f4c1e --yes
    """
    from blueprints.platform.webhooks import commands
    from blueprints.platform.webhooks.inspection import webhook_facts

    actor, endpoint_id = _actor_on(webhook)
    wanted = "active" if resume else "paused"
    facts, _ = webhook_facts(endpoint_id, messages=1)
    if facts["state"] == wanted:
        say_unchanged(f"nothing to do: it is {wanted}")
        return
    rehearsed(actor, lambda: commands.change_endpoint(actor, endpoint_id, state=wanted))
    if agreed(f"the webhook to {facts['url']}, now {facts['state']}, will be {wanted}", dry_run=dry_run, yes=yes):
        spoken(lambda: commands.change_endpoint(actor, endpoint_id, state=wanted))
        print_facts({"id": endpoint_id, "state": wanted}, as_json=as_json)


@webhooks.command("test")
@click.argument("webhook", metavar="WEBHOOK", shell_complete=completing.webhooks)
@acts
@with_appcontext
def test(webhook: str, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Have a test message sent to WEBHOOK, by the sender; `flask webhooks show` says what came of it.

    Example: flask webhooks test 018f4c1e --yes
    """
    from blueprints.platform.webhooks import commands

    actor, endpoint_id = _actor_on(webhook)
    rehearsed(actor, lambda: commands.send_test(actor, endpoint_id))
    if agreed("a test message is sent to the webhook", dry_run=dry_run, yes=yes):
        print_facts({"delivery": spoken(lambda: commands.send_test(actor, endpoint_id))}, as_json=as_json)


@webhooks.command("send")
@with_appcontext
def send() -> None:
    """Run the sender until SIGTERM; what it had under way and has no answer to is sent again.

    Example: flask webhooks send
    """
    run_the_sender()


def run_the_sender() -> None:
    """Send in this process until a signal stops it."""
    from app.ops.heartbeats import WEBHOOK_SENDER, heartbeat
    from blueprints.platform.webhooks.sender import run_sender

    configure_logging(runtime().settings, "webhooks")
    runtime().complete()
    with heartbeat(WEBHOOK_SENDER):
        run_sender(stop_on_signal())


def _actor_on(webhook: str) -> tuple[Any, str]:
    """Return who acts, the operator in the webhook's realm, and its id."""
    from blueprints.platform.webhooks.inspection import realm_of

    endpoint_id = named_webhook(webhook)
    return reading_actor(realm_of(endpoint_id)), endpoint_id
