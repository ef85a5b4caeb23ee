"""The services as the hostile tests meet them: what they take, what a good call is, how they refuse."""
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, union_all
from werkzeug.test import TestResponse

from app.data.connections import reading
from app.data.ids import uuid7
from blueprints.equipment import registry
from blueprints.equipment.models import Division, Equipment, LegalEntity, RegistryClient
from blueprints.equipment.rules import SCOPES
from blueprints.equipment.tokens import console
from blueprints.organization import organization_of
from blueprints.organization.application.tenants import add_client, add_tenant, drop_tenant
from tests.clients import ApiClient, Callers
from tests.components import unique_name
from tests.contract.good_calls import Marketplace
from tests.contract.hostile import SOME_ID
from tests.contract.network_calls import Network
from tests.contract.surface import Operation, operations
from tests.contract.verdict import events, is_error, is_problem, is_registry_error, names, points_at, registry_names
from tests.contract.world import Body

MARKETPLACE = tuple(f"/marketplace/{name}" for name in (
    "auth-api", "bucket", "categorymanagement-api", "productlisting-api", "auctionoffer-api", "ordermanagement-api",
    "notificationmanagement-api", "searchindexing-api", "messaging-api", "people-api", "adminmoderation-api",
    "feedback-api", "watchlistcart-api", "notification-service", "bff-service", "realtime",
    "webhooks-api"))
NETWORK = tuple(f"/network/{name}" for name in (
    "company-api", "content-api", "jobapplication-api", "messaging-api", "networking-api", "profile-api",
    "search-api"))
"""The services that only the network has."""
MOUNTS = (*MARKETPLACE, *NETWORK, "/network/auth-api", "/network/bucket", "/network/people-api",
          "/network/adminmoderation-api", "/network/notification-service", "/network/bff-service", "/network/realtime",
          "/network/webhooks-api", "/equipment-api", "/organization-api")
# What both realms have is the same code mounted twice: odd values of fields meet it once.
DISTINCT_MOUNTS = tuple(mount for mount in MOUNTS if mount in NETWORK or not mount.startswith("/network"))
# The services that stand in one small world, by its name.
WORLDS = {"marketplace": MARKETPLACE, "network": NETWORK,
          "network, what both realms have": tuple(mount for mount in MOUNTS if mount not in (*MARKETPLACE, *NETWORK)
                                                  and mount.startswith("/network"))}
# The distinct mounts by their worlds, for what is refused or reads: nothing of the world is used up.
DISTINCT_WORLDS = {"marketplace": MARKETPLACE, "network": NETWORK, "equipment": ("/equipment-api",),
                   "organization": ("/organization-api",)}
each_world = pytest.mark.parametrize("mounts", DISTINCT_WORLDS.values(), ids=DISTINCT_WORLDS)
# What ends the session of the calls behind it, and an edge function that the documents let fail (rules-network §5A).
LEFT_OUT = ("relogin", "reloginByPost", "logout", "createErasure", "sendMail", "sendMailByPost")


@dataclass
class Front:
    """One mounted service, callers who may do everything there, and what its answers got wrong."""

    mount: str
    caller: ApiClient
    ids: dict[str, str]
    make_good: Callable[[str], Body]
    is_documented: Callable[[TestResponse], bool] = is_error
    names: Callable[[TestResponse, str], bool] = names
    refusal: int = 400
    written: Callable[[], object] = events
    others: dict[str, ApiClient] = field(default_factory=dict)
    operations: list[Operation] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    _unchanged: object = None  # what `written` says, known until something may have been written

    def __post_init__(self) -> None:
        self.operations = [one for one in operations(self.caller, self.mount) if one.name not in LEFT_OUT]

    @property
    def visitor(self) -> ApiClient:
        """Return somebody without a login."""
        return ApiClient(self.caller._client.application)

    @property
    def bodies(self) -> list[Operation]:
        """Return the operations that take JSON."""
        return [one for one in self.operations if one.takes_json and one.fields]

    @property
    def reads(self) -> list[Operation]:
        """Return the operations that read."""
        return [one for one in self.operations if one.method == "GET"]

    def good(self, name: str) -> Body:
        """Return a body that the operation takes, with whatever it needs made anew."""
        self._unchanged = None
        return self.make_good(name)

    def forget_what_was_written(self) -> None:
        """Another service of the same world may have written since the last call."""
        self._unchanged = None

    def url(self, operation: Operation, **changed: str) -> str:
        """Return the operation's address with ids of something, `id` being one of what its path is about."""
        about = {"id": self.ids.get(operation.path.split("/")[3], SOME_ID), "indexName": "user"}
        return operation.url(self.ids | about | changed, SOME_ID)

    def call(self, operation: Operation, url: str = "", *, said: str = "", **options: Any) -> TestResponse:
        """Call, note what is wrong with the answer whatever was asked, and what a refusal leaves behind."""
        url = url or self.url(operation)
        if operation.takes_json and operation.fields and not {"data", "json"} & set(options):
            options["data"] = json.dumps(self.good(operation.name)).encode()
        if "data" in options and "Content-Type" not in options.get("headers", {}):
            options["content_type"] = operation.media_type
        before = self.written() if self._unchanged is None else self._unchanged
        answer = self.others.get(operation.name, self.caller).request(operation.method, url, **options)
        said = f"{operation.name} {said or url[-120:]}"
        self.judge(answer, said)
        self._unchanged = self.written() if answer.status_code >= 400 else None
        if self._unchanged not in (None, before):
            self.faults.append(f"{said}: was refused and left something")
        return answer

    def judge(self, answer: TestResponse, said: str) -> None:
        """Note what is wrong with an answer whatever was asked."""
        text = answer.text
        if answer.status_code >= 500:
            self.faults.append(f"{said}: {answer.status_code} {text[:200]}")
        elif answer.status_code >= 400 and answer.request.method != "HEAD" and not self.is_documented(answer):
            self.faults.append(f"{said}: not the documented error shape: {answer.content_type} {text[:200]}")
        if "errMsg_valueCannotBeStored" in text:
            self.faults.append(f"{said}: only the database refused it")
        if "Traceback" in text or 'File "/' in text:
            self.faults.append(f"{said}: a stack trace")


@contextmanager
def front_of(mount: str, app: Flask, callers: Callers) -> Iterator[Front]:
    """Give the front of the service mounted there, in a small world of its own."""
    with fronts_of([mount], app, callers) as (front,):
        yield front


@contextmanager
def fronts_of(mounts: Sequence[str], app: Flask, callers: Callers) -> Iterator[list[Front]]:
    """Give the fronts of these services, those of one realm in one world: for who changes nothing, a world is dear."""
    with ExitStack() as stack:
        worlds = _Worlds(app, callers)
        yield [stack.enter_context(_front(mount, worlds)) for mount in mounts]


@dataclass
class _Worlds:
    """The small worlds as they are asked for."""

    app: Flask
    callers: Callers

    @cached_property
    def network(self) -> Network:
        return Network(self.app, self.callers)

    @cached_property
    def marketplace(self) -> Marketplace:
        return Marketplace(self.app, self.callers)

    @cached_property
    def of_both(self) -> Marketplace:
        """The marketplace, whose victim is of the network: for the network's services that both realms have."""
        made = Marketplace(self.app, self.callers)
        made.move_victim_to(self.callers.user("victor", realm="network"))
        made.register_webhook("/network", self.callers.super_admin(realm="network"))
        return made


@contextmanager
def _front(mount: str, worlds: _Worlds) -> Iterator[Front]:
    if mount == "/equipment-api":
        yield _equipment(worlds.app)
    elif mount == "/organization-api":
        with _organization(worlds.app) as front:
            yield front
    elif mount in NETWORK:
        network = worlds.network
        yield Front(mount, network.caller, network.ids, lambda name: network.good[name](network))
    else:
        realm = mount.split("/")[1]
        world = worlds.marketplace if realm == "marketplace" else worlds.of_both
        caller = worlds.callers.super_admin(realm=realm)
        yield Front(mount, caller, world.ids, lambda name: world.good[name](world))


_EQUIPMENT_BODIES: dict[str, Body] = {
    "createEquipment": {"type": "XRAY", "name": "Walker"}, "updateEquipment": {"note": "n"},
    "createLegalEntity": {"name": "Clinic", "type": "MSP"}, "updateLegalEntity": {"name": "Clinic"},
    "createDivision": {"name": "Ward"}, "updateDivision": {"name": "Ward"}, "loadDictionary": {"XRAY": "X-ray"},
    "changeEquipmentDivision": {"division_id": None}}


_BY_OPERATOR = {"createLegalEntity", "updateLegalEntity", "activateLegalEntity", "suspendLegalEntity",
                "deactivateLegalEntity", "createClient", "listClients", "revokeClient", "loadDictionary"}


def _equipment(app: Flask) -> Front:
    registry.load_dictionary(console(), "DEVICE_TYPE", {"XRAY": "X-ray"})
    clinic = registry.create_legal_entity(console(), {"name": "Clinic", "type": "MSP"})
    client = {"legal_entity_id": clinic, "user_id": uuid7(), "scopes": list(SCOPES)}
    owner, operator = (ApiClient(app, token=_granted(app, "/equipment-api", *registry.create_client(
        console(), client | {"role": role}))) for role in ("OWNER", "NHS ADMIN"))
    made = {name: owner.post(f"/equipment-api/api/{name}", json=_EQUIPMENT_BODIES[create]).json["data"]["id"]
            for name, create in (("equipment", "createEquipment"), ("divisions", "createDivision"))}
    bodies = _EQUIPMENT_BODIES | {"createClient": client | {"role": "OWNER"}}
    other = registry.create_legal_entity(console(), {"name": "Other", "type": "MSP"})
    return Front("/equipment-api", owner, made | {"legal_entities": other, "name": "DEVICE_TYPE"}, bodies.__getitem__,
                 is_registry_error, registry_names, 422, _registry_state, dict.fromkeys(_BY_OPERATOR, operator))


def _registry_state() -> object:
    """Return what differs when a row of the registry was written."""
    counts = [select(func.count(), func.max(model.updated_at)) for model in (Equipment, LegalEntity, Division,
                                                                            RegistryClient)]
    with reading() as connection:
        return [tuple(row) for row in connection.execute(union_all(*counts))]


@contextmanager
def _organization(app: Flask) -> Iterator[Front]:
    store = organization_of(app)
    tenant = add_tenant(store.ports, unique_name("t")).tenant_id
    scopes = ("organization:read", "organization:write")
    client, secret = add_client(store.ports, tenant, scopes, "hostile tests")
    caller = ApiClient(app, token=_granted(app, "/organization-api", client.client_id, secret))
    acme: Body = {"name": "Acme"}
    made = caller.post(f"/organization-api/{tenant}/organization", json=acme).json["resourceId"]
    ids = {"tenantId": tenant, "resourceId": made}
    try:
        yield Front("/organization-api", caller, ids, lambda _: acme, is_problem, points_at, 422, lambda: caller.get(
            f"/organization-api/{tenant}/organization?sort=-updatedAt&pageSize=1").text)
    finally:
        drop_tenant(store.ports, tenant)


def _granted(app: Flask, mount: str, client_id: str, secret: str) -> str:
    form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
    return str(ApiClient(app).post(f"{mount}/oauth/token", data=form).json["access_token"])
