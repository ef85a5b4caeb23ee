"""A store with tenants and their callers, as tests speak of them."""
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from app.data.connections import configure_database
from app.data.entity import Base, db
from app.data.restored_copy import RestoredCopy
from app.identity.authentication import install_identity
from app.identity.security_events import SecurityEvent
from app.runtime import install_runtime
from app.settings import Settings
from blueprints.organization.application.tenants import add_client, add_tenant, drop_tenant
from blueprints.organization.ports import Tenant
from blueprints.organization.registration import register_organization
from blueprints.organization.service import SERVICE
from blueprints.organization.wiring import Organization, OrganizationSettings
from tests.components import unique_name

SCOPES = ("organization:read", "organization:write")
ACME = {"name": "Acme Ltd", "legalName": "Acme Limited", "status": "active"}
UNKNOWN_ID = "018f4c1e-7b1a-7c3e-9a52-0d6f1b2c3d4e"


@dataclass
class Caller:
    """Someone with a token, calling one resource of one tenant."""

    app: Flask
    tenant_id: str
    token: str | None
    resource: str = "organization"

    def call(self, method: str, path: str = "", body: Any = None, /, **headers: str) -> TestResponse:
        """Call; header names are written with underscores."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.token:
            sent.setdefault("Authorization", f"Bearer {self.token}")
        options: dict[str, Any] = {"json": body} if isinstance(body, (dict, list)) else {"data": body}
        address = f"/organization-api/{self.tenant_id}/{self.resource}{path}"
        return self.app.test_client().open(address, method=method, headers=sent, **options)

    def post(self, body: Any, **headers: str) -> TestResponse:
        """Create."""
        return self.call("POST", "", body, **headers)

    def put(self, resource_id: str, body: Any, **headers: str) -> TestResponse:
        """Create or replace."""
        return self.call("PUT", f"/{resource_id}", body, **headers)

    def patch(self, resource_id: str, body: Any, **headers: str) -> TestResponse:
        """Change some members."""
        return self.call("PATCH", f"/{resource_id}", body, **headers)

    def delete(self, resource_id: str, **headers: str) -> TestResponse:
        """Delete."""
        return self.call("DELETE", f"/{resource_id}", **headers)

    def get(self, resource_id: str, **headers: str) -> TestResponse:
        """Read one."""
        return self.call("GET", f"/{resource_id}", **headers)

    def search(self, query: str = "") -> TestResponse:
        """Search; `query` as it stands after the question mark."""
        return self.call("GET", f"?{query}")

    def names(self, query: str = "") -> list[str]:
        """Return the names a search finds, in order."""
        response = self.search(query)
        return [row["name"] for row in response.get_json()] if response.status_code == 200 else []

    def add(self, **properties: Any) -> str:
        """Create an organization and return its id."""
        response = self.post({**ACME, **properties})
        assert response.status_code == 201, response.get_data(as_text=True)
        resource_id: str = response.get_json()["resourceId"]
        return resource_id


class World:
    """One wired store behind a Flask application, nothing running in the background."""

    def __init__(self, home: Path, database: str = "", **settings: Any) -> None:
        settings = {"background": False, "secret_key": "s" * 32, **settings}
        self.app = Flask("organization-test")
        kernel = Settings(home=home, secret_key=settings["secret_key"], redis_url=f"unix://{home}/no.sock",
                          database_url=f"sqlite:///{home}/guildhall.db", ratelimit_enabled=False)
        configure_database(self.app, kernel)
        with self.app.app_context():  # all that the store reads and writes outside its own databases
            Base.metadata.create_all(db.engine, [Base.metadata.tables[model.__tablename__]
                                                 for model in (SecurityEvent, RestoredCopy)])
        self.organization = Organization(OrganizationSettings(home, database=database, **settings))
        held = install_runtime(self.app, kernel)
        held.keep(self.organization)
        install_identity(held, lambda *_: None)  # nobody logs in here
        register_organization(self.app, SERVICE.in_realm("organization"))
        self.ports = self.organization.ports
        self.relay = self.organization.relay()
        self.kind = self.ports.schemas.kinds["organization"]

    @property
    def is_sqlite(self) -> bool:
        """True on the embedded database."""
        return not self.organization.settings.database

    def tenant(self, tenant_id: str | None = None) -> Tenant:
        """Add a tenant."""
        return add_tenant(self.ports, tenant_id or unique_name("t"))

    def caller(self, tenant_id: str | None = None, scopes: tuple[str, ...] = SCOPES) -> Caller:
        """Return a caller with a client of its own, of a tenant that is added when it is not there."""
        tenant_id = tenant_id or unique_name("t")
        if self.ports.tenants.find(tenant_id) is None:
            self.tenant(tenant_id)
        client, _ = add_client(self.ports, tenant_id, scopes, "test")
        return Caller(self.app, tenant_id, self.organization.tokens.mint(client.client_id, tenant_id, " ".join(scopes)))

    def drain(self, caller: Caller) -> bool:
        """Let a relay carry what waits in the caller's tenant."""
        return self.relay.drain(caller.tenant_id)

    def close(self) -> None:
        """Remove the tenants and close every connection."""
        for tenant in self.ports.tenants.all():
            drop_tenant(self.ports, tenant.tenant_id)
        self.organization.close()
        with self.app.app_context():
            db.engine.dispose()
