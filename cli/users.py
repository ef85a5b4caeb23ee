"""`flask users`: the accounts of a realm, by the same commands as the API.

Whoever changes an account that is there says as which member of staff (--as); the operator creates them as system."""
import getpass
import secrets
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

import click
from flask.cli import with_appcontext

from app.actor import Actor, system_actor
from app.clock import now
from app.errors import InvalidInput
from app.identity.roles import ASSIGNABLE, SUPER_ADMIN, USER
from app.mail_addresses import masked_email
from app.runtime import runtime
from app.settings import Settings
from cli import completing, persons
from cli.csv_file import delimiter_option
from cli.naming import active_account, named_account
from cli.terminal import (
    Part,
    acts,
    agreed,
    as_json_option,
    operator_actor,
    operator_option,
    print_facts,
    print_json,
    print_record,
    print_rows,
    rehearsed,
    say_unchanged,
    served_realm_option,
    spoken,
)
from cli.user_import import Row, enrol, examined, read_rows, rehearse_rows

FOREVER = timedelta(days=365 * 100)
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


@click.group()
def users() -> None:
    """Users of a realm: find, show, create, import, verify, change role, password, lock, export, erase, list. USER
    is an e-mail, an id, or an id's beginning or last eight digits.

    Example: flask users role ugo@demo.test admin --realm network --as admin@admin.com
    """


@users.command("list")
@realm_option
@click.option("--search", help="Part of fullname or e-mail.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 10_000), help="Rows at most.")
@reveal_option
@operator_option
@as_json_option
@with_appcontext
def list_users(realm: str, search: str | None, limit: int, reveal: bool, operator: str | None, as_json: bool) -> None:
    """Show active users, oldest first; e-mails are masked.

    Example: flask users list --search anna --json
    """
    from app.data.reads import Page
    from blueprints.platform.auth import queries

    actor = operator_actor(realm, operator) if reveal else None
    page, reader = Page(1, limit, limit), _operator(realm)
    found = queries.search_users(reader, search, page) if search else queries.list_users(reader, page)
    rows = [_shown(row) for row in found.rows]
    if actor is not None:
        contacts = _revealed(actor, [row["id"] for row in rows])
        rows = [row | {"email": contacts[row["id"]]["email"]} for row in rows if row["id"] in contacts]
    print_rows(rows, as_json=as_json, empty="no users", ids=("id",), cut=("email", "fullname"))


@users.command("find")
@click.argument("text")
@realm_option
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 1000), help="Rows at most.")
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


@users.command("show")
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


@users.command("create")
@click.argument("email")
@realm_option
@click.option("--fullname", required=True, help="The user's name.")
@click.option("--role", type=click.Choice(ASSIGNABLE), default=USER, show_default=True, help="The user's role.")
@click.option("--verified", is_flag=True, help="Take the e-mail as verified.")
@click.option("--password", help="The password; without it one is made and printed once.")
@acts
@with_appcontext
def create(email: str, realm: str, fullname: str, role: str, verified: bool, password: str | None, dry_run: bool,
           yes: bool, as_json: bool) -> None:
    """Create the user EMAIL.

    Example: flask users create anna@example.com --fullname "Anna Ant" --role admin --verified --yes
    """
    from app.http.schemas import load
    from app.identity.passwords import choose_password
    from blueprints.platform.auth import commands
    from blueprints.platform.auth.schemas import NEW_USERS

    chosen = password or secrets.token_urlsafe(12)
    try:
        given = load(NEW_USERS[realm](), {"email": email, "fullname": fullname, "password": chosen})
    except InvalidInput as error:
        raise click.BadParameter(error.message) from error
    address, fullname = given["email"], given["fullname"]
    hashed = choose_password(chosen, runtime().settings.password_min_length, (fullname, address))
    if hashed.weakness:
        raise click.BadParameter(hashed.weakness, param_hint="--password")
    operator = _operator(realm)

    def enrolled() -> Any:
        return commands.enrol_user(operator, email=address, password_hash=hashed.hash, fullname=fullname, role_id=role,
                                   email_verified=verified)

    rehearsed(operator, enrolled)
    if agreed(f"{realm}: {role} {address} ({fullname}) is created", dry_run=dry_run, yes=yes):
        made = _face(spoken(enrolled)) | {"email": address}
        print_facts(made | ({} if password else {"password": chosen}), as_json=as_json)


@users.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@realm_option
@delimiter_option
@acts
@with_appcontext
def import_users(file: Path, realm: str, delimiter: str | None, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Create the users of a CSV FILE with the columns email, fullname and, if wanted, password, phone, role, verified.

    The file may come from a spreadsheet: commas, semicolons or tabs, UTF-8, UTF-16 or Windows-1252.
    Who exists is left alone, so a second run finishes a broken one. Without a password the user has to reset it.
    Exit code 1 when a row was refused.

    Example: flask users import people.csv --realm network --yes
    """
    rows = [examined(realm, row) for row in read_rows(file, delimiter)]
    rows = rehearse_rows(_operator(realm), rows)
    counts = {outcome: sum(row.outcome == outcome for row in rows) for outcome in ("new", "exists", "refused")}
    question = f"{realm}: users to create: {counts['new']}, existing: {counts['exists']}, refused: {counts['refused']}"
    if agreed(question, dry_run=dry_run, yes=yes, reports=True):
        with click.progressbar(rows, label="importing", hidden=as_json) as moving:
            rows = _enrolled(realm, moving, counts["new"])
        click.echo(f"users created: {sum(row.outcome == 'created' for row in rows)}", err=True)
    _print_import(rows, as_json=as_json)
    if any(row.outcome == "refused" for row in rows):
        raise click.exceptions.Exit(1)


@users.command("verify")
@click.argument("user", shell_complete=completing.accounts)
@realm_option
@operator_option
@acts
@with_appcontext
def verify(user: str, realm: str, operator: str | None, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Take the e-mail of USER as verified.

    Example: flask users verify anna@demo.test --as ada@example.com --yes
    """
    from blueprints.platform.auth import credentials

    actor, known = operator_actor(realm, operator), active_account(realm, user)
    if known.email_verified:
        say_unchanged(f"{_named(known)} is verified already")
        return
    rehearsed(actor, lambda: credentials.verify_email(actor, known.id))
    if agreed(f"{realm}: {_named(known)} is taken as verified", dry_run=dry_run, yes=yes):
        print_facts(_face(spoken(lambda: credentials.verify_email(actor, known.id))), as_json=as_json)


@users.command("role")
@click.argument("user", shell_complete=completing.accounts)
@click.argument("role", type=click.Choice(ASSIGNABLE))
@realm_option
@operator_option
@acts
@with_appcontext
def change_role(user: str, role: str, realm: str, operator: str | None, dry_run: bool, yes: bool,
                as_json: bool) -> None:
    """Give USER the ROLE; open sessions have it at once. Only a superAdmin makes or unmakes an admin.

    Example: flask users role anna@demo.test admin --as admin@admin.com --yes
    """
    from blueprints.platform.auth import commands

    actor, known = operator_actor(realm, operator), active_account(realm, user)
    if known.role_id == role:
        say_unchanged(f"{_named(known)} is {role} already")
        return
    rehearsed(actor, lambda: commands.update_user_role(actor, known.id, role))
    if agreed(f"{realm}: {_named(known)} turns from {known.role_id} to {role}", dry_run=dry_run, yes=yes):
        print_facts(_face(spoken(lambda: commands.update_user_role(actor, known.id, role))), as_json=as_json)


@users.command("2fa")
@click.argument("role", type=click.Choice((SUPER_ADMIN, *ASSIGNABLE)))
@click.argument("channel", type=click.Choice(("email", "mobile")))
@realm_option
@click.option("--off", is_flag=True, help="Do not ask for it any more.")
@operator_option
@acts
@with_appcontext
def second_factor(role: str, channel: str, realm: str, off: bool, operator: str | None, dry_run: bool, yes: bool,
                  as_json: bool) -> None:
    """Ask everybody of ROLE for a second factor by CHANNEL at login, from the next login on.

    Example: flask users 2fa admin email --as admin@admin.com --yes
    """
    from blueprints.platform.auth import credentials, queries

    actor = operator_actor(realm, operator)
    is_on = channel in queries.role_factors(realm, role)
    if is_on != off:
        say_unchanged(f"{realm}: {role} is {'' if is_on else 'not '}asked for a second factor by {channel} already")
        return
    rehearsed(actor, lambda: credentials.set_role_factor(actor, role, channel, is_on=not off))
    if agreed(f"{realm}: {role} is {'no longer ' if off else ''}asked for a second factor by {channel}",
              dry_run=dry_run, yes=yes):
        spoken(lambda: credentials.set_role_factor(actor, role, channel, is_on=not off))
        print_facts({"realm": realm, "role": role, "channel": channel, "on": not off}, as_json=as_json)


@users.command("lock")
@click.argument("user", shell_complete=completing.accounts)
@realm_option
@click.option("--days", type=click.IntRange(1, 36_500), help="For so many days; without it, until it is undone.")
@click.option("--undo", is_flag=True, help="Let the user in again.")
@operator_option
@acts
@with_appcontext
def lock(user: str, realm: str, days: int | None, undo: bool, operator: str | None, dry_run: bool, yes: bool,
         as_json: bool) -> None:
    """Keep USER out: every session ends, no login until the lock ends.

    Example: flask users lock anna@demo.test --days 7 --as ada@example.com --yes
    """
    from blueprints.platform.auth import commands

    actor, known = operator_actor(realm, operator), active_account(realm, user)
    is_locked = known.locked_until is not None and known.locked_until > now()
    if undo and not is_locked:
        say_unchanged(f"{_named(known)} is not locked")
        return
    until = None if undo else now() + (timedelta(days=days) if days else FOREVER)
    what = "is let in again" if undo else f"is locked out for {days} days" if days else "is locked out until undone"
    rehearsed(actor, lambda: commands.lock_user(actor, known.id, until))
    if agreed(f"{realm}: {_named(known)} {what}", dry_run=dry_run, yes=yes):
        account = spoken(lambda: commands.lock_user(actor, known.id, until))
        print_facts(_face(account) | {"lockedUntil": until}, as_json=as_json)


@users.command("ensure-super-admin")
@acts
@with_appcontext
def ensure_super_admin(dry_run: bool, yes: bool, as_json: bool) -> None:
    """Create each realm's superAdmin, SUPERADMIN_EMAIL with SUPERADMIN_PASSWORD, unless it exists.

    Example: SUPERADMIN_PASSWORD=… flask users ensure-super-admin --yes
    """
    from blueprints.platform.auth import commands, queries

    settings = runtime().settings
    missing = [realm for realm in settings.realms if not queries.has_super_admin(realm)]
    password_hash = super_admin_hash(settings) if missing else ""
    if not missing:
        click.echo("every realm has its superAdmin", err=True)
    elif not agreed(f"{settings.superadmin_email} is created in {', '.join(missing)}", dry_run=dry_run, yes=yes):
        return
    created = [realm for realm in missing
               if commands.ensure_super_admin(realm, settings.superadmin_email, password_hash)]
    print_facts({"created": ", ".join(created) or None}, as_json=as_json)


for one in (persons.password, persons.export, persons.erase):
    users.add_command(one)


def super_admin_hash(settings: Settings) -> str:
    """Return the hash of SUPERADMIN_PASSWORD; raises ClickException for one the password policy refuses."""
    from app.identity.passwords import choose_password

    chosen = choose_password(settings.superadmin_password, settings.password_min_length, (settings.superadmin_email,))
    if chosen.weakness:
        raise click.ClickException(f"SUPERADMIN_PASSWORD {chosen.weakness}")
    return chosen.hash


def find_account_id(realm: str, user: str) -> str:
    """Return the id of the active account with that id or e-mail; raises ClickException."""
    return str(active_account(realm, user).id)


def _revealed(actor: Actor, user_ids: list[str]) -> dict[str, dict[str, Any]]:
    """Return e-mail and phone of each account, whole; it is recorded who saw them."""
    from blueprints.platform.auth.commands import reveal_contacts

    return reveal_contacts(actor, user_ids)


def _operator(realm: str) -> Actor:
    return system_actor(realm, operator=getpass.getuser())


def _market_of(user_id: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return how much somebody sells and trades, and the latest of each: live listings, orders bought and sold."""
    from blueprints.marketplace.order_management.inspection import order_counts, recent_orders
    from blueprints.marketplace.product_listing.queries import live_listings_of

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
    from blueprints.platform.moderation.strikes import list_strikes

    rows = list_strikes(_operator(realm), ReadRequest(page=Page(1, GLANCE)), user_id).rows
    return [{"strike": f"s{row['number']}", "case": row["caseNumber"], "kind": row["actKind"], "rule": row["rule"],
             "state": row["state"].lower(), "lapses": row["lapsesAt"][:10]} for row in rows]


def _face(account: Any) -> dict[str, Any]:
    from app.data.serialization import row_serializer

    return _shown(row_serializer(type(account)).entity(account))


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    """Return what a table shows of an account, with its address masked: whoever names it by its id may not know it."""
    return {name: row[name] for name in COLUMNS} | {"email": masked_email(row["email"])}


def _named(account: Any) -> str:
    return f"{account.fullname} ({masked_email(account.email)})"


def _enrolled(realm: str, rows: Iterable[Row], new: int) -> list[Row]:
    """Enrol one row after the other; stopped by a failure, it says how far it came."""
    done: list[Row] = []
    try:
        for row in rows:
            done.append(enrol(_operator(realm), row))
    except BaseException:
        created = sum(row.outcome == "created" for row in done)
        click.echo(f"stopped after {created} of {new} users; the same command goes on there", err=True)
        raise
    return done


def _print_import(rows: list[Row], *, as_json: bool) -> None:
    report = [{"line": row.line, "email": row.email, "outcome": row.outcome, "reason": row.reason} for row in rows]
    if as_json:
        print_json(report)
    else:
        print_rows([line for line in report if line["outcome"] != "exists"], as_json=False, empty="nothing to import")
