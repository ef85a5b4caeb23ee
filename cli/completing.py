"""What a shell is offered at a TAB in place of an id, a number or a tenant: asked of the database, when one is there.

At most twenty, in at most 0.6 s, and nothing when there is no answer; no home is made, and no address is shown."""
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import click

from app.data.offered_ids import (
    MOST_OFFERED,
    Driver,
    Ids,
    driver_of,
    driver_of_file,
    driver_of_server,
    ids_meant,
    latest_of,
    offered_accounts,
    offered_ids,
    offered_ids_among,
    offered_names,
    offered_names_of,
    offered_numbers,
    offered_records,
    offered_rules,
    offered_topics,
    offered_words,
    staff_of,
)
from app.home import find_home
from app.settings import Settings, load_settings
from cli import COMPLETING
from cli.known_names import RULES

_SECONDS, _LEAST_SECONDS = 0.6, 0.1

Offer = Callable[[Settings, click.Context, str], list[str]]
Completed = Callable[[click.Context, click.Parameter, str], list[str]]

_ORDERS, _PREMIUM = Ids("order_management_order"), Ids("network_premiumsubscription")
_AUCTIONS = Ids("product_listing_product", column="type", value="AUCTION")
_ACCOUNTS = {"marketplace": Ids("marketplace_user"), "network": Ids("network_user")}
_CLIENTS = {realm: Ids("api_client", by_last_digits=False, column="realm", value=realm) for realm in _ACCOUNTS}
_WEBHOOKS, _FILES = Ids("webhook_endpoint"), Ids("bucket_file", by_last_digits=False)
_LETTERS = Ids("mail_message", by_last_digits=False)
_REGISTRY = {kind: Ids(table, by_last_digits=False) for kind, table in (
    ("equipment", "equipments"), ("legal entity", "legal_entities"), ("division", "divisions"),
    ("client", "equipment_clients"))}
THINGS = {
    "marketplace": {
        "CATEGORY": Ids("marketplace_category"), "FEEDBACK": Ids("feedback"), "MEDIA": Ids("product_listing_media"),
        "MESSAGE": Ids("messaging_message"), "NOTIFICATION": Ids("notification", by_last_digits=False),
        "ORDER": _ORDERS, "PRODUCT": Ids("product_listing_product"),
        "SEARCHINDEX": Ids("marketplace_search_index", by_last_digits=False), "USER": _ACCOUNTS["marketplace"]},
    "network": {
        "COMMENT": Ids("network_comment"), "COMPANY": Ids("network_company"),
        "INVITATION": Ids("network_connection_request"), "JOB": Ids("network_job_posting"),
        "MESSAGE": Ids("network_message"), "POST": Ids("network_post"), "PROFILE": Ids("network_profile"),
        "USER": _ACCOUNTS["network"]}}
"""What staff moderate, by realm and type; tests/cli/test_completed_ids.py compares it with what services declare."""
ASKED = (_ORDERS, _PREMIUM, _AUCTIONS, *_CLIENTS.values(), _WEBHOOKS, _FILES, _LETTERS, *_REGISTRY.values(),
         *(ids for things in THINGS.values() for ids in things.values()))
"""All tables whose ids are offered; tests/cli/test_completed_ids.py compares them with the models."""
_NUMBERED = {"": "moderation_case", "a": "moderation_act", "p": "moderation_appeal", "b": "moderation_bulk"}


def completed(offer: Offer) -> Completed:
    """Return what click asks at a TAB: what `offer` finds, and nothing where anything is away or refuses."""
    def offered(context: click.Context, _parameter: click.Parameter, typed: str) -> list[str]:
        with suppress(Exception), _in_time():
            settings = load_settings()
            find_home(settings)
            return offer(settings, context, typed)[:MOST_OFFERED]
        return []
    return offered


@completed
def things(settings: Settings, context: click.Context, typed: str) -> list[str]:
    """Offer ids of what is of the type that is typed, in the realm that is."""
    named = context.params.get("entity_type") or context.params.get("about")
    ids = THINGS[_realm(settings, context)][str(named).upper()]
    with driver_of(settings) as driver:
        return offered_ids(driver, ids, typed)


def registered(kind: str) -> Completed:
    """Offer ids of the equipment registry: equipment, legal entities, divisions or clients."""
    def offer(settings: Settings, _context: click.Context, typed: str) -> list[str]:
        with driver_of(settings) as driver:
            return offered_ids(driver, _REGISTRY[kind], typed)
    return completed(offer)


def named(names: Iterable[str]) -> Completed:
    """Offer names that are known without asking, with dashes for spaces, at which a shell would divide them."""
    offered = [name.replace(" ", "-") for name in names]
    return lambda _context, _parameter, typed: [name for name in offered if name.startswith(typed)]


def _ids_in(ids: Callable[[str], Ids]) -> Completed:
    def offer(settings: Settings, context: click.Context, typed: str) -> list[str]:
        with driver_of(settings) as driver:
            return offered_ids(driver, ids(_realm(settings, context)), typed)
    return completed(offer)


def accounts_of(realm: str | None) -> Completed:
    """Offer ids of accounts of a realm, None for that which is typed; by an address, or a beginning that only one has,
    the id of that account."""
    def offer(settings: Settings, context: click.Context, typed: str) -> list[str]:
        ids = _ACCOUNTS[realm or _realm(settings, context)]
        with driver_of(settings) as driver:
            return offered_ids(driver, ids, typed) or offered_accounts(driver, ids, typed)
    return completed(offer)


@completed
def staff(settings: Settings, context: click.Context, typed: str) -> list[str]:
    """Offer ids of the staff of the realm that is typed; by an address, or a beginning that only one has, its id."""
    ids = _ACCOUNTS[_realm(settings, context)]
    with driver_of(settings) as driver:
        known, found = staff_of(driver, ids), offered_accounts(driver, ids, typed)
    return offered_ids_among(known, typed) or [one for one in found if one in offered_ids_among(known, one)]


@completed
def buckets(settings: Settings, context: click.Context, typed: str) -> list[str]:
    """Offer the public and the private bucket of accounts of the realm that is typed, by the ids of these."""
    ids, (owner, dash, rest) = _ACCOUNTS[_realm(settings, context)], typed.partition("-p")
    with driver_of(settings) as driver:
        return [f"{one}-{kind}" for one in offered_ids(driver, ids, owner) or offered_accounts(driver, ids, owner)
                for kind in ("private", "public") if not dash or kind.startswith(f"p{rest}")]


@completed
def deliveries(settings: Settings, context: click.Context, typed: str) -> list[str]:
    """Offer ids of the latest deliveries of the webhook that is typed."""
    with driver_of(settings) as driver:
        [endpoint_id] = ids_meant(driver, _WEBHOOKS, str(_typed_before(context, "webhook")))
        return offered_ids_among(latest_of(driver, "webhook_message", "endpoint_id", endpoint_id), typed)


@completed
def topics(settings: Settings, context: click.Context, typed: str) -> list[str]:
    """Offer topics of what was owed last, to the subscriber that is typed, if one is."""
    with driver_of(settings) as driver:
        return offered_topics(driver, _typed_before(context, "subscriber"), typed)


@completed
def records(settings: Settings, _context: click.Context, typed: str) -> list[str]:
    """Offer numbers of the newest records of the outbox."""
    with driver_of(settings) as driver:
        return offered_records(driver, typed)


@completed
def words(settings: Settings, context: click.Context, typed: str) -> list[str]:
    """Offer the words that open a case in the realm that is typed."""
    with driver_of(settings) as driver:
        return offered_words(driver, _realm(settings, context), typed)


@completed
def rules(settings: Settings, context: click.Context, typed: str) -> list[str]:
    """Offer the codes of the rules of the realm that is typed."""
    realm = _realm(settings, context)
    with driver_of(settings) as driver:
        return offered_rules(driver, realm, RULES[realm], typed)


@completed
def tenants(settings: Settings, _context: click.Context, typed: str) -> list[str]:
    """Offer the names of tenants."""
    with _tenant_catalog(settings) as (driver, named):
        return offered_names(driver, named("v1-tenant"), '"tenantId"', typed)


@completed
def tenant_clients(settings: Settings, context: click.Context, typed: str) -> list[str]:
    """Offer ids of the clients of tenants; of the tenant that is typed the names of its clients, too."""
    tenant = context.params.get("tenant_id")
    with _tenant_catalog(settings) as (driver, named):
        if tenant is None:
            return offered_names(driver, named("v1-client"), '"clientId"', typed)
        return [one for column in ('name', '"clientId"')
                for one in offered_names_of(driver, named("v1-client"), column, '"tenantId"', tenant, typed)]


@completed
def resources(settings: Settings, _context: click.Context, typed: str) -> list[str]:
    """Offer the resource types of the organization store."""
    return [name for name in _resource_types(settings) if name.startswith(typed)]


@completed
def scopes(settings: Settings, _context: click.Context, typed: str) -> list[str]:
    """Offer what clients of tenants may: to read and to write each resource type."""
    named = (f"{name}:{act}" for name in _resource_types(settings) for act in ("read", "write"))
    return [scope for scope in named if scope.startswith(typed)]


def _resource_types(settings: Settings) -> list[str]:
    """Return the resource types by their folders: the shipped ones and the operator's."""
    folders = (Path(__file__).parents[1] / "blueprints/organization/schemas", settings.home / "organization/schemas")
    return sorted({file.parent.name for folder in folders for file in folder.glob("*/v*.json")})


@contextmanager
def _tenant_catalog(settings: Settings) -> Iterator[tuple[Driver, Callable[[str], str]]]:
    """Give the database of tenants and their clients, and how a table is named there."""
    database = settings.organization_database
    if database.startswith("postgres"):
        opened, schema = driver_of_server(database), "organization."
    else:
        named = database.removeprefix("sqlite:///")
        folder = Path(named) if named else settings.home / "organization"
        opened, schema = driver_of_file(folder / "catalog.db"), ""
    with opened as driver:
        yield driver, lambda table: f'{schema}"{table}"'


def numbers(*prefixes: str) -> Completed:
    """Offer numbers of moderation, as people say them: of cases those that wait, the first in the queue first."""
    def offer(settings: Settings, context: click.Context, typed: str) -> list[str]:
        realm = _realm(settings, context)
        with driver_of(settings) as driver:
            return [one for prefix in prefixes
                    for one in offered_numbers(driver, _NUMBERED[prefix], realm, prefix, typed)]
    return completed(offer)


def _thing(realm: str, entity_type: str, _realm_typed: str) -> Ids:
    return THINGS[realm][entity_type]


accounts, traders, members = (accounts_of(realm) for realm in (None, "marketplace", "network"))
orders = _ids_in(lambda _realm: _ORDERS)
paid_orders = _ids_in({"marketplace": _ORDERS, "network": _PREMIUM}.__getitem__)
auctions = _ids_in(lambda _realm: _AUCTIONS)
webhooks = _ids_in(lambda _realm: _WEBHOOKS)
clients = _ids_in(_CLIENTS.__getitem__)
files = _ids_in(lambda _realm: _FILES)
listings, pictures, feedback, categories = (
    _ids_in(partial(_thing, "marketplace", kind)) for kind in ("PRODUCT", "MEDIA", "FEEDBACK", "CATEGORY"))
companies = _ids_in(partial(_thing, "network", "COMPANY"))
letters = _ids_in(lambda _realm: _LETTERS)


def _typed_before(context: click.Context, argument: str) -> str | None:
    """Return an argument that is typed already; where an option waits for its value, click has not named it yet."""
    return context.params.get(argument) or next(iter(context.args), None)


def _realm(settings: Settings, context: click.Context) -> str:
    """Return the realm that is typed already, or the first that is served."""
    named: str | None = context.params.get("realm")
    return named or settings.realms[0]


@contextmanager
def _in_time() -> Iterator[None]:
    """End the process of a TAB, which has said nothing yet, when its time is up: whatever it waits for by then."""
    if COMPLETING not in os.environ:
        yield
        return
    left = max(_LEAST_SECONDS, _SECONDS - time.process_time())
    timer = threading.Timer(left, os._exit, (0,))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
