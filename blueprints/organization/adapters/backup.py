"""The tenants' databases as a backup takes them: files of SQLite, or databases of PostgreSQL, with their catalog."""
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL

from app.ops.backup.databases import POSTGRESQL, SQLITE, Database, PostgresqlDatabase, SqliteFile
from blueprints.organization.adapters.sql.postgresql import CATALOG_SCHEMA, PostgresqlServer
from blueprints.organization.adapters.sql.sqlite import SqliteFolder
from blueprints.organization.domain.identifiers import tenant_id
from blueprints.organization.domain.refusals import MalformedTenantId
from blueprints.organization.domain.resource_type import NAME
from blueprints.organization.ports import TenantCatalog

_MAIN = "main"
_DROPPING = "dropping"


@dataclass(frozen=True)
class TenantBackup:
    """The tenants of one place; a group is a tenant, its parts are `main` and, on SQLite, each resource."""

    host: PostgresqlServer | SqliteFolder
    tenants: TenantCatalog
    files: Path
    close: Callable[[], None]
    """Lets go of every connection."""

    @property
    def kind(self) -> str:
        """The kind of database."""
        return SQLITE if isinstance(self.host, SqliteFolder) else POSTGRESQL

    @property
    def catalog(self) -> Database:
        """The catalog's file, or its schema in the database that DATABASE names."""
        if isinstance(self.host, SqliteFolder):
            return SqliteFile(self.host.folder / "catalog.db")
        return PostgresqlDatabase(_text(self.host.url), schema=CATALOG_SCHEMA)

    def groups(self) -> Sequence[str]:
        """Return the tenants whose databases are whole; a catalog that is not there names none."""
        if not self.catalog.is_filled():
            return []
        return [tenant.tenant_id for tenant in self.tenants.all() if tenant.has_data]

    def is_wanted(self, group: str) -> bool:
        """Tell whether the tenant is neither gone nor being dropped."""
        tenant = self.tenants.find(group)
        return tenant is not None and tenant.status != _DROPPING

    def databases(self, group: str) -> Mapping[str, Database]:
        """Return the tenant's databases by part."""
        if isinstance(self.host, PostgresqlServer):
            return {_MAIN: self.database(group, _MAIN)}
        parts = [path.name.removeprefix(f"{group}.").removesuffix(".db")
                 for path in sorted((self.host.folder / "tenants").glob(f"{group}.*.db"))]
        return {part: self.database(group, part) for part in (_MAIN, *parts)}

    def database(self, group: str, part: str) -> Database:
        """Return where a part is; raises ValueError for a name that none can have."""
        try:
            tenant_id(group)
        except MalformedTenantId as error:
            raise ValueError(group) from error
        if part != _MAIN and not NAME.fullmatch(part):
            raise ValueError(part)
        if isinstance(self.host, PostgresqlServer):
            return PostgresqlDatabase(_text(self.host.url.set(database=self.host.database_of(group))))
        name = f"{group}.db" if part == _MAIN else f"{group}.{part}.db"
        return SqliteFile(self.host.folder / "tenants" / name)

    def forget(self, group: str) -> None:
        """Take the tenant and its clients out of the catalog."""
        self.tenants.remove(group)


def _text(url: URL) -> str:
    return url.render_as_string(hide_password=False)
