"""A whole small system of its own, with people, a tenant and a picture: to be backed up, destroyed and put back."""
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import Any

import psycopg
from flask import Flask
from PIL import Image

from app.data.entity import db
from app.factory import SERVICES, create_app
from app.media.store import media_store, random_name
from app.ops.backup import create_backup, restore_backup, verify_backup
from app.ops.backup.apart import ApartStores
from app.ops.backup.place import scratch_prefix
from app.ops.checks import Finding, examine_stored
from app.settings import Settings, load_settings
from blueprints.organization import organization_of
from blueprints.organization.application.tenants import add_client, add_tenant
from tests.organization.world import SCOPES, Caller

LOGIN = {"username": "admin@admin.com", "password": "superadmin-test-1"}
OPENERS = ApartStores((service.name, service.apart) for service in SERVICES if service.apart is not None)


@dataclass
class System:
    """What serves these settings; each call of `app` opens it anew, as after a start."""

    environment: dict[str, str]
    folder: Path
    server_url: str = ""
    ids: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def settings(self) -> Settings:
        """The settings that the environment names."""
        return load_settings(self.environment)

    @contextmanager
    def app(self) -> Iterator[Flask]:
        """Serve while the block lasts."""
        application = create_app(self.settings)
        with application.app_context():
            engine = db.engine
            yield application
            organization_of(application).close()
        engine.dispose()  # after the context, which keeps a connection that requests read with

    def fill(self) -> None:
        """Let an administrator log in, a tenant keep an organization, and a picture wait."""
        with self.app() as app:
            ports = organization_of(app).ports
            add_tenant(ports, "acme")
            client, secret = add_client(ports, "acme", SCOPES, "test")
            self.ids |= {"client": client.client_id, "secret": secret, "token": self.login(app)["accessToken"]}
            self.ids["organization"] = self.tenant(app).add(name="Kept")
            self.ids["file"] = _upload()

    def login(self, app: Flask) -> dict[str, Any]:
        """Log the administrator in."""
        answer = app.test_client().post("/marketplace/auth-api/login", json=LOGIN)
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.get_json()
        return told

    def tenant(self, app: Flask) -> Caller:
        """Return a caller of the tenant, with a new token for its client."""
        form = {"grant_type": "client_credentials", "client_id": self.ids["client"],
                "client_secret": self.ids["secret"]}
        answer = app.test_client().post("/organization-api/oauth/token", data=form)
        return Caller(app, "acme", answer.get_json()["access_token"])

    def backup(self, **options: Any) -> Path:
        """Make a backup."""
        return create_backup(self.settings, self.folder, openers=OPENERS, **options)

    def restore(self, path: Path, **options: Any) -> Any:
        """Put a backup back."""
        return restore_backup(self.settings, path, openers=OPENERS, **options)

    def verify(self, path: Path, **options: Any) -> list[Finding]:
        """Prove a backup; returns what was found."""
        return [*verify_backup(self.settings, path, examined, openers=OPENERS, **options)[1]]

    def destroy(self) -> None:
        """Lose everything but the backups."""
        shutil.rmtree(self.settings.home)
        if self.server_url:
            drop_databases(self.server_url, _prefix(self.settings))

    def remove_aside(self) -> None:
        """Remove what restores have put aside."""
        for path in self.settings.home.glob("before-restore-*"):
            shutil.rmtree(path)
        if self.server_url:
            drop_databases(self.server_url, f"{_prefix(self.settings)}_", "_before_")

    def places(self) -> set[str]:
        """Return what the system consists of: the names in its folder, and its databases on the server."""
        names = {path.name for path in self.settings.home.iterdir() if not path.name.endswith(("-wal", "-shm"))}
        for mark in (_prefix(self.settings), scratch_prefix(self.settings)) if self.server_url else ():
            names |= set(databases_named(self.server_url, mark))
        return names

    def state(self) -> dict[str, Any]:
        """Return what a person would notice: whole after a restore, the same after a refused one."""
        with self.app() as app:
            token = {"Authorization": f"Bearer {self.ids['token']}"}
            client = app.test_client()
            return {"session": client.get("/marketplace/auth-api/currentuser", headers=token).status_code,
                    "login": self.login(app)["email"],
                    "organizations": self.tenant(app).names(),
                    "file": len(media_store().get(self.ids["file"]))}


def examined(place: Settings) -> list[Finding]:
    """Look at a scratch place that needs no migration."""
    app = create_app(place)
    with app.app_context():
        found = examine_stored()
        organization_of(app).close()
        db.engine.dispose()
    return found


def drop_databases(server_url: str, *marks: str) -> None:
    """Remove every database in whose name all of the marks stand."""
    with psycopg.connect(server_url, autocommit=True) as connection:
        for name in databases_named(server_url, *marks):
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def databases_named(server_url: str, *marks: str) -> list[str]:
    """Return every database in whose name all of the marks stand."""
    with psycopg.connect(server_url, autocommit=True) as connection:
        names = connection.execute("SELECT datname FROM pg_database").fetchall()
    return [name for name, in names if all(mark in name for mark in marks)]


def _prefix(settings: Settings) -> str:
    return settings.organization_prefix.rstrip("_")


def _upload() -> str:
    """Store a picture as an upload does, and return its name."""
    content = BytesIO()
    Image.new("RGB", (8, 8)).save(content, "PNG")
    name = random_name()
    media_store().put(name, content.getvalue(), "image/png")
    return name
