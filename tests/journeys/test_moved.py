"""A demo that is moved from SQLite to PostgreSQL and back: its people log in as before, and everything goes on."""
import json
from pathlib import Path

import pytest
from flask import Flask

from app.data.entity import db
from app.ops.checks import FAIL, examine
from app.ops.migrations import migrate_application
from blueprints.organization import organization_of
from blueprints.organization.application.tenants import add_client, add_tenant
from cli import db as terminal
from cli.demo_factories import DEMO_PASSWORD
from cli.demo_seed import seed_demo
from tests.clients import ApiClient
from tests.components import drop_postgresql_database, unique_name
from tests.organization.world import ACME, SCOPES, Caller
from tests.testbed import Testbed, cheap_passwords

PRODUCTS = "/marketplace/productlisting-api/v1/productlistingproducts"
NOT_RUNNING = ("worker", "redis", "disk", "outbox", "periodic jobs", "due work")


def _moved(testbed: Testbed, source: Flask, to: str, home: Path, database: str = "") -> Flask:
    """Copy by the command, and return an application on the target."""
    with source.app_context():
        db.engine.dispose()
    done = source.test_cli_runner().invoke(terminal.db, ["copy", "--to", to, "--yes", "--json"])
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    assert said["complete"]
    assert {table["compared"] for table in said["tables"]} == {"equal"}
    return testbed.another_app(GUILDHALL_ENV="demo", DATABASE_URL=to, DATABASE=database, GUILDHALL_HOME=str(home))


def _failures(app: Flask) -> dict[str, str]:
    with app.app_context():
        return {found.check: found.says for found in examine()
                if found.state == FAIL and found.check not in NOT_RUNNING}


def _logged_in(app: Flask, email: str) -> ApiClient:
    answer = ApiClient(app).post("/marketplace/auth-api/login", json={"username": email, "password": DEMO_PASSWORD})
    assert answer.status_code == 200, answer.text
    return ApiClient(app, token=answer.json["accessToken"])


def _caller(app: Flask, tenant_id: str) -> Caller:
    store = organization_of(app)
    client, _ = add_client(store.ports, tenant_id, SCOPES, "test")
    return Caller(app, tenant_id, store.tokens.mint(client.client_id, tenant_id, " ".join(SCOPES)))


@pytest.mark.postgresql
@pytest.mark.slow
def test_a_demo_moves_to_postgresql_and_back_and_its_people_log_in_as_before(testbed: Testbed, tmp_path: Path) -> None:
    testbed.restore()
    first, third, tenant = tmp_path / "first", tmp_path / "third", unique_name("acme").replace("_", "-")
    third.mkdir()
    embedded = testbed.another_app(GUILDHALL_ENV="demo", DATABASE_URL="", GUILDHALL_HOME=str(first))
    with embedded.app_context(), cheap_passwords():
        migrate_application()
        seed_demo("marketplace")
        add_tenant(organization_of().ports, tenant)
    anna, acme = _logged_in(embedded, "anna@demo.test"), _caller(embedded, tenant)
    record = acme.add(legalName="Épées")
    titles = [row["title"] for row in anna.get(f"{PRODUCTS}?pageRowCount=100").json["productListingProducts"]]
    assert titles
    assert _failures(embedded) == {}

    with testbed.fresh_database() as url:
        try:
            served = _moved(testbed, embedded, url, first, database=url)
            assert _failures(served) == {}
            _goes_on(served, anna, acme, record, titles)
            back = _moved(testbed, served, f"sqlite:///{third}/guildhall.db", third)
        finally:
            organization_of(served).close()
            drop_postgresql_database(url, tenant)
    assert _failures(back) == {}
    _goes_on(back, anna, acme, record, [*titles, "A bell"])


def _goes_on(app: Flask, anna: ApiClient, acme: Caller, record: str, titles: list[str]) -> None:
    """The session from before is good, so are password, listings, and the tenant's history; new ones come behind."""
    before = ApiClient(app, token=anna.token)
    listed = before.get(f"{PRODUCTS}?pageRowCount=100").json["productListingProducts"]
    assert sorted(row["title"] for row in listed) == sorted(titles)
    again = _logged_in(app, "anna@demo.test")
    made = again.post(PRODUCTS, json={
        "title": "A bell", "description": "d", "condition": "NEW", "type": "FIXED", "price": 100, "currency": "USD",
        "shipping": 5, "shippingCurrency": "USD", "shippingMethod": "STANDARD",
        "categoryId": listed[0]["categoryId"], "subcategoryId": listed[0]["subcategoryId"]})
    assert made.status_code == 201, made.text
    there = Caller(app, acme.tenant_id, acme.token)
    assert there.get(record).get_json()["legalName"] == "Épées"
    assert there.post({**ACME, "name": "Another"}).status_code == 201
