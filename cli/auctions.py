"""`flask auctions`: list auctions, look at one, close one by hand."""
from typing import Any

import click
from flask.cli import with_appcontext

from cli import completing
from cli.naming import named_account, named_listing
from cli.terminal import (
    acts,
    agreed,
    as_json_option,
    limit_option,
    minute,
    operator_actor,
    operator_option,
    print_facts,
    print_json,
    print_rows,
    reading_actor,
    rehearsed,
    say_unchanged,
    spoken,
)

_MOST_PEOPLE = 20
"""Whose auctions are looked for at most, when a name is meant."""
_SHOWN = ("id", "userId", "bidAmount", "status", "placedAt")
_LISTED = ("id", "title", "price", "currency", "bids", "ends", "state")


@click.group()
def auctions() -> None:
    """Auctions: list, find, show one with its bids, close one by hand. ID is an id, its beginning or last eight digits.

    Example: flask auctions show 018f4c1e-7b1a-7c3e-9a52-0d6f1b2c3d4e
    """


@auctions.command("list")
@click.option("--state", type=click.Choice(("running", "ending", "closed")), default="running", show_default=True,
              help="Only those of this state; ending: within a day.")
@click.option("--seller", metavar="USER", shell_complete=completing.traders,
              help="Only those of this user: an e-mail or id.")
@limit_option("Rows at most.")
@as_json_option
@with_appcontext
def list_auctions(state: str, seller: str | None, limit: int, as_json: bool) -> None:
    """Show auctions with their price and end: the next to end first, of closed ones the latest.

    Example: flask auctions list --state ending --json
    """
    from blueprints.marketplace.auction_offer.queries import auctions_listed

    _print_auctions(auctions_listed(state, limit=limit, seller_id=seller and named_account("marketplace", seller)),
                    as_json=as_json)


@auctions.command("find")
@click.argument("text")
@limit_option("How many of the latest.")
@as_json_option
@with_appcontext
def find(text: str, limit: int, as_json: bool) -> None:
    """Show the auctions that TEXT names, closed ones too: an id, its beginning or last eight digits, a part of the
    title, or the seller by e-mail or a part of the name.

    By title it finds those among the latest 10,000 listings; to find a seller by name reads the accounts, as `flask
    users find` does.

    Example: flask auctions find sextant --json
    """
    from blueprints.marketplace.auction_offer.queries import find_auctions
    from blueprints.platform.auth.inspection import find_accounts

    sellers = [one["id"] for one in find_accounts("marketplace", text.strip(), _MOST_PEOPLE)]
    _print_auctions(find_auctions(text.strip(), sellers, limit), as_json=as_json)


@auctions.command("show")
@click.argument("product_id", metavar="ID", shell_complete=completing.auctions)
@click.option("--bids", "most", default=50, show_default=True, type=click.IntRange(1, 1000),
              help="How many of the latest bids to show.")
@as_json_option
@with_appcontext
def show(product_id: str, most: int, as_json: bool) -> None:
    """Show the auction of listing ID: terms, standing and its latest bids. Maxima show after the close only.

    Example: flask auctions show 018f4c1e-7b1a-7c3e-9a52-0d6f1b2c3d4e --json
    """
    from app.data.reads import Page
    from blueprints.marketplace.auction_offer.queries import bids_on

    report = _report_on(product_id)
    latest = bids_on(reading_actor("marketplace"), report["id"], Page(1, most))
    bids = [{name: bid[name] for name in _SHOWN} for bid in latest]
    if as_json:
        print_json({**report, "bids": bids})
        return
    print_facts(report, as_json=False)
    click.echo()
    print_rows(bids, as_json=False, empty="no bids", ids=("id", "userId"))


@auctions.command("close")
@click.argument("product_id", metavar="ID", shell_complete=completing.auctions)
@operator_option
@acts
@with_appcontext
def close(product_id: str, operator: str | None, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Close the auction of listing ID now, also before its end; the best bid wins when it meets the reserve.

    Example: flask auctions close 0d6f1b2c --as ada@example.com --yes
    """
    from blueprints.marketplace.auction_offer.commands import close_auction

    actor, report = operator_actor("marketplace", operator), _report_on(product_id)
    if report["closedAt"]:
        say_unchanged(f"nothing to do: closed at {report['closedAt']}")
        return
    rehearsed(actor, lambda: close_auction(actor, report["id"], early=True))
    standing = f"{report['currentBid']} {report['currency']} after {report['bidCount']} bids"
    question = (f"“{report['title']}” stands at {standing} (reserve: {report['reserve']}), "
                f"ends {report['effectiveEnd'] or 'only by hand'}; it is closed now")
    if not agreed(question, dry_run=dry_run, yes=yes):
        return
    spoken(lambda: close_auction(actor, report["id"], early=True))
    closed = _report_on(report["id"])
    print_facts({name: closed[name] for name in ("id", "closedAt", "winnerBidId", "highestBidderId", "currentBid",
                                                 "currency")}, as_json=as_json)


def _print_auctions(rows: list[dict[str, Any]], *, as_json: bool) -> None:
    if not as_json:
        rows = [{name: row[name] for name in _LISTED} | {"ends": minute(row["ends"])} for row in rows]
    print_rows(rows, as_json=as_json, empty="no auctions", ids=("id",), cut=("title",))


def _report_on(product_id: str) -> dict[str, Any]:
    from blueprints.marketplace.auction_offer.queries import auction_report

    report = auction_report(named_listing(product_id))
    if report["type"] != "AUCTION":
        raise click.ClickException(f"listing {product_id} is no auction")
    return report
