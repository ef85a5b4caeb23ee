"""The life of tenants and their clients: what `flask organization tenant|client|schema` do."""
import hashlib
import re
import secrets
from collections.abc import Iterable
from dataclasses import replace

from blueprints.organization.application.instants import instant_text
from blueprints.organization.domain import identifiers
from blueprints.organization.domain.documents import Document, properties_of
from blueprints.organization.domain.refusals import ConcurrentWrite, IdTaken, MalformedBody, NeverExisted, Unavailable
from blueprints.organization.domain.resource_type import Extension, ResourceType, complaints_about_extension
from blueprints.organization.ports import Client, Ports, Tenant

CREATING, ACTIVE, SUSPENDED, DROPPING = "creating", "active", "suspended", "dropping"
STATUSES = (CREATING, ACTIVE, SUSPENDED, DROPPING)
WORDS_FORM = "words-2"
"""The form of the stored words (app/folding.py). A new name has every tenant's written anew when it is next used."""


def add_tenant(ports: Ports, tenant_id: str) -> Tenant:
    """Create a tenant with its database and tables; an attempt that was cut off is finished.

    Raises MalformedTenantId, and IdTaken when the tenant or a database of that name is there."""
    tenant = begun_tenant(ports, tenant_id) or _reserve(ports, tenant_id)
    ports.databases.create(tenant)
    ports.databases.prepare(tenant, ports.schemas.kinds.values())
    resources = tuple(name for kind in ports.schemas.kinds.values() for name in (kind.table_set, _word_set(kind)))
    ports.tenants.add_resources(tenant_id, resources)
    ports.tenants.set_status(tenant_id, ACTIVE)
    return replace(tenant, status=ACTIVE, resources=resources)


def begun_tenant(ports: Ports, tenant_id: str) -> Tenant | None:
    """Return the tenant whose adding was cut off, None where the name is free; raises what `add_tenant` raises."""
    tenant = ports.tenants.find(identifiers.tenant_id(tenant_id))
    if tenant is None:
        if tenant_id in identifiers.RESERVED_TENANT_IDS or ports.databases.occupied(tenant_id):
            raise IdTaken(f"The name {tenant_id} is in use by something that is no tenant.")
    elif tenant.status != CREATING:
        raise IdTaken(f"The tenant {tenant_id} is there already ({tenant.status}).")
    return tenant


def _reserve(ports: Ports, tenant_id: str) -> Tenant:
    tenant = Tenant(tenant_id, CREATING, ports.new_id(), instant_text(ports.now()))
    if not ports.tenants.insert(tenant):
        raise IdTaken(f"The tenant {tenant_id} is being added by someone else.")
    return tenant


def known_tenant(ports: Ports, tenant_id: str) -> Tenant:
    """Return the tenant; raises MalformedTenantId or NeverExisted."""
    tenant = ports.tenants.find(identifiers.tenant_id(tenant_id))
    if tenant is None:
        raise NeverExisted(f"There is no tenant {tenant_id}.")
    return tenant


def suspend_tenant(ports: Ports, tenant_id: str) -> bool:
    """Refuse the tenant's calls until it is resumed; returns False when it was suspended already."""
    return _change_status(ports, tenant_id, SUSPENDED)


def resume_tenant(ports: Ports, tenant_id: str) -> bool:
    """Serve a suspended tenant again; returns False when it was in service."""
    return _change_status(ports, tenant_id, ACTIVE)


def _change_status(ports: Ports, tenant_id: str, target: str) -> bool:
    if not may_become(known_tenant(ports, tenant_id), target):
        return False
    ports.tenants.set_status(tenant_id, target)
    return True


def may_become(tenant: Tenant, target: str) -> bool:
    """Tell whether the tenant may become ACTIVE or SUSPENDED, False when it is already; raises IdTaken for one that is
    being made or dropped."""
    if tenant.status not in (ACTIVE, SUSPENDED):
        raise IdTaken(f"The tenant {tenant.tenant_id} is {tenant.status}.")
    return tenant.status != target


def drop_tenant(ports: Ports, tenant_id: str) -> None:
    """Remove the tenant, its database and its clients; a drop that was cut off is finished by the next one."""
    tenant = known_tenant(ports, tenant_id)
    ports.tenants.set_status(tenant_id, DROPPING)
    ports.databases.drop(tenant)
    ports.tenants.remove(tenant_id)


def ensure_tables(ports: Ports, tenant: Tenant, kind: ResourceType) -> Tenant:
    """Return the tenant with tables for `kind`: a schema file added later gets them when it is first used.

    Tables of a release before get their words in the present form."""
    wanted = (kind.table_set, _word_set(kind))
    missing = [name for name in wanted if name not in tenant.resources]
    if not missing:
        return tenant
    if kind.table_set in missing:
        ports.databases.prepare(tenant, [kind])
    else:
        ports.store.refold(tenant, kind)
    ports.tenants.add_resources(tenant.tenant_id, missing)
    return replace(tenant, resources=(*tenant.resources, *missing))


def served_kind(tenant: Tenant, newest: ResourceType) -> ResourceType:
    """Return the version of the resource type that the tenant is served: the last that it has tables for.

    A later one waits for `flask organization schema upgrade`. Raises Unavailable when the tenant's last is not here."""
    if missing := beyond_files(tenant, newest):
        raise Unavailable(f"{tenant.tenant_id} is served {missing}, whose schema file is missing.")
    return next((kind for kind in newest.lineage if kind.table_set in tenant.resources), newest)


def beyond_files(tenant: Tenant, newest: ResourceType) -> str | None:
    """Return a later version than `newest`, as `organization/v2`, that the tenant has tables for; else None."""
    of_this = re.compile(rf"{newest.name}/v(\d+)")
    found = [match for table_set in tenant.resources if (match := of_this.fullmatch(table_set))]
    return next((match[0] for match in found if int(match[1]) > newest.number), None)


def served(ports: Ports, tenant: Tenant, newest: ResourceType) -> tuple[Tenant, ResourceType]:
    """Return the tenant and the version of the resource type that it is served, with the tables of all it has."""
    kind = served_kind(tenant, newest)
    for version in (kind, *former_kinds(tenant, [kind])):
        tenant = ensure_tables(ports, tenant, version)
    return tenant, kind


def former_kinds(tenant: Tenant, kinds: Iterable[ResourceType]) -> list[ResourceType]:
    """Return the versions before each of `kinds` that the tenant has tables for, the newest first."""
    return [former for kind in kinds for former in kind.lineage[1:] if former.table_set in tenant.resources]


def is_former(ports: Ports, tenant: Tenant, kind: ResourceType) -> bool:
    """Tell whether the tenant has tables for a later version of the resource type."""
    return any(later.number > kind.number and later.table_set in tenant.resources
               for later in ports.schemas.kinds[kind.name].lineage)


def table_sets(tenant: Tenant) -> list[str]:
    """Return the versions of resource types that the tenant has tables for, as "organization/v1"."""
    return [made for made in tenant.resources if made.count("/") == 1]


def _word_set(kind: ResourceType) -> str:
    return f"{kind.table_set}/{WORDS_FORM}"


def kinds_with_tables(ports: Ports, tenant: Tenant) -> list[ResourceType]:
    """Return the resource types that the tenant has tables for, in all their versions, the oldest first."""
    return [version for kind in ports.schemas.kinds.values() for version in reversed(kind.lineage)
            if version.table_set in tenant.resources]


def add_client(ports: Ports, tenant_id: str, scopes: Iterable[str], name: str) -> tuple[Client, str]:
    """Create an OAuth2 client of the tenant; returns it with its secret, which is shown this once.

    Raises MalformedBody for a scope that no resource has."""
    tenant, wanted = known_tenant(ports, tenant_id), checked_scopes(ports, scopes)
    secret = secrets.token_urlsafe(32)
    client = Client(ports.new_id(), tenant.tenant_id, secret_hash(secret), wanted, name, instant_text(ports.now()))
    ports.tenants.insert_client(client)
    return client, secret


def checked_scopes(ports: Ports, scopes: Iterable[str]) -> tuple[str, ...]:
    """Return the scopes in their order, each once; raises MalformedBody for none, and for one that no resource has."""
    known = {scope for kind in ports.schemas.kinds.values() for scope in (kind.read_scope, kind.write_scope)}
    wanted = tuple(sorted(set(scopes)))
    if not wanted or set(wanted) - known:
        raise MalformedBody(f"Scopes are some of {', '.join(sorted(known))}.")
    return wanted


def secret_hash(secret: str) -> str:
    """Return the stored form of a client secret: 256 random bits need no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()


def revoke_client(ports: Ports, client_id: str) -> bool:
    """Stop a client and its tokens at once; returns False when it was revoked already. Raises NeverExisted."""
    client = ports.tenants.client(client_id)
    if client is None:
        raise NeverExisted(f"There is no client {client_id}.")
    if client.revoked_at:
        return False
    ports.tenants.revoke_client(client_id, instant_text(ports.now()))
    return True


def extension_of(ports: Ports, tenant_id: str, kind: ResourceType) -> Extension:
    """Return what the tenant added to a resource type."""
    tenant, kind = served(ports, known_tenant(ports, tenant_id), kind)
    with ports.store.reading(tenant, kind) as look:
        return look.extension()


def register_extension(ports: Ports, tenant_id: str, kind: ResourceType, candidate: Document) -> Extension:
    """Add properties to a resource type for one tenant; returns the new extension.

    Raises MalformedBody as `checked_extension` does, Unavailable when another registration was first."""
    extension = checked_extension(ports, tenant_id, kind, candidate)
    try:
        ports.store.save_extension(known_tenant(ports, tenant_id), kind, extension, instant_text(ports.now()))
    except ConcurrentWrite as error:
        raise Unavailable(f"Something else was registered for {tenant_id} at this moment; try again.") from error
    return extension


def checked_extension(ports: Ports, tenant_id: str, kind: ResourceType, candidate: Document) -> Extension:
    """Return what registering `candidate` would make the tenant's extension.

    Raises MalformedBody with every reason against it, also when documents that are there would break it."""
    tenant, kind = served(ports, known_tenant(ports, tenant_id), kind)
    former = extension_of(ports, tenant_id, kind)
    said = complaints_about_extension(kind, former, candidate) or ports.schemas.schema_errors(kind, candidate)
    if said:
        raise MalformedBody(" ".join(said))
    extension = Extension(former.revision + 1, candidate["properties"], tuple(candidate.get("required", ())))
    if wrong := [violation.pointer[1:] for violation in ports.schemas.violations(
            kind, extension, kind.with_defaults({}, extension)) if violation.pointer]:
        raise MalformedBody(f"The default of {', '.join(wrong)} does not satisfy its own schema.")
    if broken := _broken_by(ports, tenant, kind, extension):
        raise MalformedBody(f"{len(broken)} stored documents do not satisfy it, the first is {broken[0]}; "
                            "change them first, or give what becomes required a default.")
    return extension


def _broken_by(ports: Ports, tenant: Tenant, kind: ResourceType, extension: Extension) -> list[str]:
    """Return the ids of the living records that the next change could not keep as they are."""
    def breaks(record: Document) -> bool:
        properties = kind.with_defaults(properties_of(record), extension)
        return bool(ports.schemas.violations(kind, extension, ports.schemas.in_form(kind, extension, (), properties)))

    with ports.store.reading(tenant, kind) as look:
        return [record["resourceId"] for record in look.records() if breaks(record)]
