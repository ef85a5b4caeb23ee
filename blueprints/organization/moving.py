"""The tenants' databases and their catalog copied elsewhere, with the main database by `flask db copy` (decisions/097).

A tenant stands in the target's catalog only when its rows are there: the catalog is copied last."""
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import fields, replace
from typing import Any

from sqlalchemy import Connection, Table, func, inspect, select, text

from app.data.table_copy import CopiedTable, CopyRefused, Progress, copy_tables, hold_still
from blueprints.organization.adapters.json_schema import SchemaFilesWrong
from blueprints.organization.adapters.sql.sqlite import SqliteFolder
from blueprints.organization.adapters.sql.tables import extensions, resource_tables
from blueprints.organization.application.schema_upgrade import some
from blueprints.organization.application.tenants import ACTIVE, SUSPENDED, beyond_files, kinds_with_tables
from blueprints.organization.domain.refusals import Refusal
from blueprints.organization.domain.resource_type import ResourceType
from blueprints.organization.ports import Tenant
from blueprints.organization.wiring import Organization, OrganizationSettings

_MADE = "tenant:"
_MAY_CREATE = text("SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user")


class TenantsCopy:
    """The tenants of one store on the way to another place."""

    def __init__(self, source: Organization, target: OrganizationSettings) -> None:
        self._source = source
        self._target = Organization(replace(target, schema_folders=source.settings.schema_folders, background=False))
        self.tenants: list[Tenant] = _spoken(source.ports.tenants.all)

    def examine(self, made: Mapping[str, str]) -> None:
        """Raise CopyRefused for what cannot be copied, or cannot be copied there; `made` is the note in the target."""
        for tenant in self.tenants:
            if tenant.status not in (ACTIVE, SUSPENDED):
                raise CopyRefused(f"the tenant {tenant.tenant_id} is {tenant.status}: finish that first, with flask "
                                  "organization tenant")
            if missing := [version for kind in self._source.schemas.kinds.values()
                           if (version := beyond_files(tenant, kind))]:
                raise CopyRefused(f"{tenant.tenant_id} is served {some(missing)}, whose schema file is missing")
        _spoken(lambda: self._refuse_occupied(made))

    def copy(self, note: Callable[[str, str], None], progress: Progress) -> list[CopiedTable]:
        """Copy and compare every tenant, then the catalog."""
        return _spoken(lambda: self._copied(note, progress))

    def forget(self, made: Iterable[str]) -> None:
        """Remove the databases that a copy made which is begun anew; `made` is the note in the target."""
        for tenant in self.tenants:
            if f"{_MADE}{tenant.tenant_id}" in made:
                self._target.ports.databases.drop(tenant)
        self._clear_catalog()

    def close(self) -> None:
        """Close every connection to the target."""
        self._target.close()

    def _refuse_occupied(self, made: Mapping[str, str]) -> None:
        databases = self._target.ports.databases
        begun = {name.removeprefix(_MADE) for name in made if name.startswith(_MADE)}
        taken = [tenant.tenant_id for tenant in self.tenants
                 if tenant.tenant_id not in begun and databases.occupied(tenant.tenant_id)]
        if taken:
            raise CopyRefused(f"where the tenants go, {some(taken)} is there already: name another server by "
                              "--tenants, or --tenants stay")
        if not begun and self._has_catalog() and (there := self._target.ports.tenants.all()):
            names = some([tenant.tenant_id for tenant in there])
            raise CopyRefused(f"where the tenants go, there are tenants already: {names}")
        if self._target.databases.dialect == "postgresql":
            with self._target.databases.catalog_engine.connect() as connection:
                if not connection.scalar(_MAY_CREATE):
                    raise CopyRefused("each tenant is a database of its own, and the target's user may not create one: "
                                      "ALTER ROLE … CREATEDB")

    def _has_catalog(self) -> bool:
        """Tell whether the target has a catalog, without making one: a dry run changes nothing."""
        host = self._target.databases
        if isinstance(host, SqliteFolder):
            return (host.folder / "catalog.db").exists()
        return inspect(host.catalog_engine).has_table(self._target.catalog.tables.tenants.name, host.catalog_schema)

    def _copied(self, note: Callable[[str, str], None], progress: Progress) -> list[CopiedTable]:
        copied = list[CopiedTable]()
        with ExitStack() as stack:
            catalog = stack.enter_context(self._source.catalog.connect(writes=True))
            hold_still(catalog, _tables_of(self._source.catalog.tables))
            for tenant in self.tenants:
                note(f"{_MADE}{tenant.tenant_id}", "made")
                copied += self._copied_tenant(tenant, progress)
            there = stack.enter_context(self._target.catalog.connect(writes=True))
            pairs = zip(_tables_of(self._source.catalog.tables), _tables_of(self._target.catalog.tables), strict=True)
            copied += copy_tables(catalog, there, list(pairs), progress, of="catalog ")
        self._refuse_moved()
        return copied

    def _copied_tenant(self, tenant: Tenant, progress: Progress) -> list[CopiedTable]:
        kinds = kinds_with_tables(self._source.ports, tenant)
        self._target.ports.databases.create(tenant)
        self._target.ports.databases.prepare(tenant, kinds)
        with self._source.engines.connect(tenant) as source, self._target.engines.connect(tenant) as target:
            ours, theirs = (_all_tables(kinds, one) for one in (source, target))
            hold_still(source, ours)
            return copy_tables(source, target, list(zip(ours, theirs, strict=True)), progress,
                               of=f"{tenant.tenant_id} ")

    def _refuse_moved(self) -> None:
        """Each tenant was held still while it was copied, not until the end: say whose history went on since."""
        moved = [tenant.tenant_id for tenant in self.tenants
                 if self._last_events(self._source, tenant) != self._last_events(self._target, tenant)]
        if moved:
            raise CopyRefused(f"{some(moved)} was written while others were copied: stop every service; --restart "
                              "begins anew")

    def _last_events(self, store: Organization, tenant: Tenant) -> list[int | None]:
        kinds = kinds_with_tables(self._source.ports, tenant)
        with store.engines.connect(tenant) as connection:
            tables = [resource_tables(kind, connection.dialect.name).events for kind in kinds]
            return [connection.scalar(select(func.max(table.c.position))) for table in tables]

    def _clear_catalog(self) -> None:
        with self._target.catalog.connect(writes=True) as connection:
            for table in _tables_of(self._target.catalog.tables):
                connection.execute(table.delete())


def same_place(source: OrganizationSettings, target: OrganizationSettings) -> bool:
    """Tell whether the tenants would be copied onto themselves: then they stay."""
    if source.database or target.database:
        return source.database == target.database
    return source.home.resolve() == target.home.resolve()


def _tables_of(tables: Any) -> list[Table]:
    return [getattr(tables, field.name) for field in fields(tables) if field.name != "metadata"]


def _all_tables(kinds: Iterable[ResourceType], connection: Connection) -> list[Table]:
    dialect = connection.dialect.name
    return [extensions, *(table for kind in kinds for table in _tables_of(resource_tables(kind, dialect)))]


def _spoken(act: Callable[[], Any]) -> Any:
    try:
        return act()
    except (Refusal, SchemaFilesWrong) as error:
        raise CopyRefused(getattr(error, "detail", None) or str(error)) from error
