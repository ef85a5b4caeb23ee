"""How tenants, clients and resource types of the organization are named at the terminal, and its refusals told."""
from collections.abc import Iterator
from contextlib import contextmanager

import click

from app.data.ids import MOST_FOUND, ids_begun, short_id
from blueprints.organization import organization_of
from blueprints.organization.application import tenants
from blueprints.organization.domain.refusals import Refusal
from blueprints.organization.domain.resource_type import ResourceType
from blueprints.organization.ports import Client, Ports, Tenant, TenantCatalog
from cli import completing
from cli.naming import the_one
from cli.terminal import unknown

_SHORTEST = 4
resource_option = click.option("--resource", default="organization", show_default=True,
                               shell_complete=completing.resources, help="The resource type.")


def ports() -> Ports:
    """Return the ports of this process's organization store."""
    return organization_of().ports


def tenant_catalog() -> TenantCatalog:
    """Return the tenants and clients alone: who only looks at these need not open schemas and keys."""
    return organization_of().tenants


@contextmanager
def refusals_spoken() -> Iterator[None]:
    """Turn a refusal of the store into a sentence and exit code 1."""
    try:
        yield
    except Refusal as refusal:
        raise click.ClickException(refusal.detail) from refusal


def named_tenant(text: str) -> Tenant:
    """Return the tenant of that name, or the only one whose name begins so, with at least four signs.

    Raises MalformedTenantId, NeverExisted; ClickException for several."""
    if len(text) < _SHORTEST or ports().tenants.find(text) is not None:
        return tenants.known_tenant(ports(), text)
    begun = [found.tenant_id for found in ports().tenants.all() if found.tenant_id.startswith(text)]
    return tenants.known_tenant(ports(), the_one(begun, "") if begun else text)


def named_client(text: str, tenant_id: str | None) -> Client:
    """Return the client of that id or beginning; with a tenant also of that name, or of those last eight digits."""
    if tenant_id is not None:
        owner = named_tenant(tenant_id)
        known = [one for one in ports().tenants.clients(owner.tenant_id)
                 if text in (one.name, short_id(one.client_id)) or _begins(one.client_id, text)]
        missing = f"{owner.tenant_id} has no client {text}"
    else:
        ids = ids_begun(text)
        known = [] if ids is None else ports().tenants.clients_begun(*ids, MOST_FOUND)
        missing = f"there is no client {text}; with --tenant it may be its name, or its last eight digits"
    client_id = the_one([one.client_id for one in known], missing)
    return next(one for one in known if one.client_id == client_id)


def _begins(client_id: str, text: str) -> bool:
    ids = ids_begun(text)
    return ids is not None and ids[0] <= client_id <= ids[1]


def known_kind(resource: str) -> ResourceType:
    """Return the resource type of that name; raises BadParameter, which says what there is."""
    kinds = ports().schemas.kinds
    if resource not in kinds:
        raise unknown("resource", resource, kinds, "--resource")
    return kinds[resource]
