"""A small world of legal entities, divisions and clients, arranged by the commands and called through the API."""

from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from app.data.ids import uuid7
from app.data.unit_of_work import unit_of_work
from blueprints.equipment import commands, registry
from blueprints.equipment.rules import SCOPES
from blueprints.equipment.tokens import Caller, console
from tests.clients import ApiClient

MOUNT = "/equipment-api"
WALKER = {"type": "XRAY", "name": "Mobile X-ray"}


@dataclass
class Holder:
    """Who holds a token: sends requests with it, or calls commands as its caller."""

    client: ApiClient
    caller: Caller
    token: str

    def send(self, method: str, path: str, body: Any = None, **options: Any) -> Any:
        """Return the answer to one call."""
        if body is not None:
            options["json"] = body
        headers = {"Authorization": f"Bearer {self.token}", **options.pop("headers", {})}
        return self.client.request(method, MOUNT + path, headers=headers, **options)


class Registry:
    """Arranges rows; what is tested goes through the API."""

    def __init__(self, app: Flask) -> None:
        self.client = ApiClient(app)
        self.device_types = {"XRAY": "X-ray system", "MRI": "Magnetic resonance tomograph"}
        registry.load_dictionary(console(), "DEVICE_TYPE", self.device_types)

    def legal_entity(self, kind: str = "MSP", name: str = "City Hospital") -> str:
        """Return the id of a new ACTIVE legal entity."""
        return registry.create_legal_entity(console(), {"name": name, "type": kind})

    def division(self, legal_entity_id: str, name: str = "Radiology") -> str:
        """Return the id of a new ACTIVE division."""
        return registry.create_division(console(legal_entity_id), {"name": name})

    def holder(
        self, legal_entity_id: str, role: str = "OWNER", scopes: tuple[str, ...] = SCOPES, user_id: str | None = None
    ) -> Holder:
        """Return a holder of a fresh token."""
        user_id = user_id or uuid7()
        client_id, secret = self.registered_client(legal_entity_id, role, scopes, user_id)
        token = self.ask_token(client_id, secret).json["access_token"]
        caller = Caller(legal_entity_id, user_id, role, frozenset(scopes))
        return Holder(self.client, caller, token)

    def registered_client(
        self, legal_entity_id: str, role: str = "OWNER", scopes: tuple[str, ...] = SCOPES, user_id: str | None = None
    ) -> tuple[str, str]:
        """Return id and secret of a new client."""
        data = {"legal_entity_id": legal_entity_id, "user_id": user_id or uuid7(), "role": role, "scopes": scopes}
        return registry.create_client(console(), data)

    def ask_token(self, client_id: str, secret: str, **form: str) -> Any:
        """Return the token endpoint's answer."""
        sent = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret, **form}
        return self.client.request("POST", f"{MOUNT}/oauth/token", data=sent)

    def equipment(self, legal_entity_id: str, **fields: Any) -> str:
        """Return the id of new ACTIVE equipment of a legal entity."""
        caller = Caller(legal_entity_id, uuid7(), "OWNER")
        return commands.register_equipment(caller, WALKER | fields)

    def set_row(self, model: Any, row_id: str, **values: Any) -> None:
        """Put a row into a state no command leads to, such as is_active=False."""
        with unit_of_work(console().actor) as work:
            work.execute(update(model).where(model.id == row_id).values(**values))
            work.commit()


@pytest.fixture
def world(app: Flask) -> Registry:
    """The registry with its dictionary loaded."""
    return Registry(app)


@pytest.fixture
def hospital(world: Registry) -> str:
    """An ACTIVE legal entity of type MSP."""
    return world.legal_entity()


@pytest.fixture
def owner(world: Registry, hospital: str) -> Holder:
    """The hospital's OWNER with every scope."""
    return world.holder(hospital)


@pytest.fixture
def operator(world: Registry) -> Holder:
    """An NHS ADMIN with every scope."""
    return world.holder(world.legal_entity("NHS", "National service"), "NHS ADMIN")


def refusal(answer: Any) -> tuple[int, str, str]:
    """Return code, type and message of a refusal, after checking its shape."""
    body = answer.json
    assert set(body) == {"meta", "error"}
    assert set(body["meta"]) == {"code", "url", "type", "request_id"}
    assert body["meta"]["code"] == answer.status_code
    return answer.status_code, body["error"]["type"], body["error"]["message"]


def entries(answer: Any) -> dict[str, list[str]]:
    """Return entry → names of its broken rules of a 422."""
    assert answer.status_code == 422, answer.json
    assert answer.json["error"]["type"] == "validation_failed"
    return {wrong["entry"]: [rule["rule"] for rule in wrong["rules"]] for wrong in answer.json["error"]["invalid"]}
