"""`flask users list`, `find` and `show`: who has an account, and what one person is and does here.

What is one person's stands masked; whoever wants it whole says who of the staff asks, and that is recorded."""
from typing import Any

import click
from flask.cli import with_appcontext

from app.actor import Actor
from app.mail_addresses import masked_email
from cli import completing
from cli.naming import named_account
from cli.terminal import (
    Part,
    as_json_option,
    limit_option,
    operator_actor,
    operator_option,
    print_record,
    print_rows,
    reading_actor,
    served_realm_option,
)

GLANCE = 5
"""How many rows of each part `show` has: the latest."""
FOUND = ("id", "fullname", "email", "phone", "role", "state", "createdAt")
_ORDERS = Part(("id", "number", "status", "total", "currency", "placedAt"), ids=("id",), cut=("number",))
_WRITTEN = Part(("id", "visibility", "audience", "createdAt", "held"), ids=("id",))
LOOKS = {
    "sessions": Part(("id", "address", "device", "since", "seen"), ids=("id",), cut=("device",)),
    "listings": Part(("id", "title", "type", "price", "currentBid", "currency"), ids=("id",), cut=("title",)),
    "bought": _ORDERS, "sold": _ORDERS,
    "profile": _WRITTEN, "posts": _WRITTEN,
    "pages": Part(("id", "name", "visibility", "since", "held"), ids=("id",), cut=("name",)),
    "postings": Part(("id", "title", "company", "status", "createdAt", "held"), ids=("id",), cut=("title", "company")),
    "strikes": Part(("strike", "case", "kind", "rule", "state", "lapses"), cut=("rule",)),
    "linked": Part(("id", "fullname", "email", "state", "why"), ids=("id",), cut=("fullname", "email", "why")),
}
COLUMNS = ("id", "email", "fullname", "roleId", "emailVerified", "createdAt")

realm_option = served_realm_option("Whose users.")
reveal_option = click.option("--reveal", is_flag=True, help="Show e-mail and phone whole; needs --as, and is recorded.")


@click.command("list")
@realm_option
@click.option("--search", help="Part of fullname or e-mail.")
@limit_option("Rows at most.", most=10_000)
@reveal_option
@operator_option
@as_json_option
@with_appcontext
def list_users(realm: str, search: str | None, limit: int, reveal: bool, operator: str | None, as_json: bool) -> None:
    """Show active users, oldest first, but those of the demo in no order; e-mails are masked.

    Example: flask users list --search anna --json
    """
    from app.data.reads import Page
    from blueprints.platform.auth import queries

    actor = operator_actor(realm, operator) if reveal else None
    page, reader = Page(1, limit, limit), reading_actor(realm)
    found = queries.search_users(reader, search, page) if search else queries.list_users(reader, page)
    rows = [shown(row) for row in found.rows]
    if actor is not None:
        contacts = _revealed(actor, [row["id"] for row in rows])
        rows = [row | {"email": contacts[row["id"]]["email"]} for row in rows if row["id"] in contacts]
    print_rows(rows, as_json=as_json, empty="no users", ids=("id",), cut=("email", "fullname"))


@click.command("find")
@click.argument("text")
@realm_option
@limit_option("Rows at most.")
@reveal_option
@operator_option
@as_json_option
@with_appcontext
def find(text: str, realm: str, limit: int, reveal: bool, operator: str | None, as_json: bool) -> None:
    """Show the accounts that TEXT names, in every state: an e-mail, an id's beginning or last eight digits, or a part
    of name or e-mail.

    Example: flask users find "anna seller"
    """
    from blueprints.platform.auth import inspection

    actor = operator_actor(realm, operator) if reveal else None
    found = inspection.find_accounts(realm, text.strip(), limit)
    if actor is not None:
        contacts = _revealed(actor, [one["id"] for one in found])
        found = [one | contacts.get(one["id"], {}) for one in found]
    print_rows(found if as_json else [{name: one[name] for name in FOUND} for one in found], as_json=as_json,
               empty="no users", ids=("id",), cut=("fullname", "email"))


@click.command("show")
@click.argument("user", shell_complete=completing.accounts)
@realm_option
@reveal_option
@operator_option
@as_json_option
@with_appcontext
def show(user: str, realm: str, reveal: bool, operator: str | None, as_json: bool) -> None:
    """Show USER at a glance, in every state: person, sessions, strikes, which accounts are linked.

    Of the marketplace also listings and orders; of the network profile, premium, pages administered, posts, job
    postings, and how many connections and applications there are. What profile and posts say is not shown.

    Linked are accounts of the same phone, and those that logged in from the same network or with the same device, so
    long as it is no common one. It looks at the latest logins and shows 20 accounts at most, the closest first.

    Example: flask users show anna@demo.test --reveal --as ada@example.com
    """
    from blueprints.platform.auth import inspection, login_traces

    actor = operator_actor(realm, operator) if reveal else None
    user_id = named_account(realm, user)
    facts = inspection.person(realm, user_id)
    if facts is None:
        raise click.ClickException(f"{realm} has no user {user}")
    if actor is not None:
        facts |= _revealed(actor, [user_id]).get(user_id, {})
    counts, of_realm = OF_REALM[realm](user_id)
    parts = {"sessions": login_traces.live_sessions(realm, user_id, GLANCE), **of_realm,
             "strikes": _strikes_of(realm, user_id), "linked": login_traces.linked_accounts(realm, user_id)}
    print_record(facts | counts, parts, LOOKS, as_json=as_json)


def shown(row: dict[str, Any]) -> dict[str, Any]:
    """Return what a table shows of an account, with its address masked: whoever names it by its id may not know it."""
    return {name: row[name] for name in COLUMNS} | {"email": masked_email(row["email"])}


def _revealed(actor: Actor, user_ids: list[str]) -> dict[str, dict[str, Any]]:
    """Return e-mail and phone of each account, whole; it is recorded who saw them."""
    from blueprints.platform.auth.commands import reveal_contacts

    return reveal_contacts(actor, user_ids)


def _market_of(user_id: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return how much somebody sells and trades, and the latest of each: live listings, orders bought and sold."""
    from blueprints.marketplace.order_management.inspection import order_counts, recent_orders
    from blueprints.marketplace.product_listing.inspection import live_listings_of

    listings = live_listings_of(user_id, GLANCE)
    parts = {"listings": listings.rows,
             "bought": recent_orders(buyer_id=user_id, limit=GLANCE),
             "sold": recent_orders(seller_id=user_id, limit=GLANCE)}
    return {"liveListings": listings.total, **order_counts(user_id)}, parts


def _network_of(user_id: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what somebody is in the network: premium and numbers, profile, pages, the latest posts and postings."""
    from blueprints.network.company.queries import pages_of_admin
    from blueprints.network.content.queries import latest_posts_of
    from blueprints.network.job_application.queries import application_count, latest_postings_by
    from blueprints.network.networking.queries import connection_count
    from blueprints.network.profile.premium_queries import profile_glance

    profile, premium_until = profile_glance(user_id)
    counts = {"premiumUntil": premium_until, "connections": connection_count(user_id),
              "applications": application_count(user_id)}
    return counts, {"profile": profile, "pages": pages_of_admin(user_id, GLANCE),
                    "posts": latest_posts_of(user_id, GLANCE), "postings": latest_postings_by(user_id, GLANCE)}


OF_REALM = {"marketplace": _market_of, "network": _network_of}
"""What `show` has of a person in each realm beside the account: numbers, and parts of LOOKS."""


def _strikes_of(realm: str, user_id: str) -> list[dict[str, Any]]:
    """Return the latest strikes of somebody, also those that were revoked or have lapsed."""
    from app.data.reads import Page
    from app.data.reads.read_request import ReadRequest
    from blueprints.platform.moderation.strike_queries import list_strikes

    rows = list_strikes(reading_actor(realm), ReadRequest(page=Page(1, GLANCE)), user_id).rows
    return [{"strike": f"s{row['number']}", "case": row["caseNumber"], "kind": row["actKind"], "rule": row["rule"],
             "state": row["state"].lower(), "lapses": row["lapsesAt"][:10]} for row in rows]
