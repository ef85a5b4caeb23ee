"""Whatever is done in whatever order: the query table is the fold of the events, and both say what a model says."""
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from app.plain_text import hidden_sign
from blueprints.organization.application.projector import project_events
from blueprints.organization.application.upkeep import rebuild
from blueprints.organization.domain.aggregate import fold
from blueprints.organization.domain.documents import merge_patch, properties_of
from blueprints.organization.domain.events import Event
from tests.organization.world import Caller, World
from tests.passes import examples

# As they are kept: nothing hidden, no white space around (docs/decisions/063).
NAMES = st.text(min_size=1, max_size=8).map(str.strip).filter(lambda name: name and hidden_sign(name) is None)
DOCUMENTS = st.fixed_dictionaries({"name": NAMES}, optional={
    "legalName": NAMES, "numberOfEmployees": st.integers(0, 9), "status": st.sampled_from(["active", "closed"]),
    "address": st.fixed_dictionaries({"addressCountry": st.sampled_from(["UA", "DE"])},
                                     optional={"postalCode": st.sampled_from(["1", "2"])})})
PATCHES = st.fixed_dictionaries({}, optional={
    "name": NAMES, "legalName": st.none() | NAMES, "status": st.none() | st.just("suspended"),
    "address": st.none() | st.fixed_dictionaries({"postalCode": st.none() | st.just("3"),
                                                  "addressCountry": st.just("PL")})})
WAYS = st.sampled_from(["", "respond-async"])
SLOTS = st.integers(0, 2)


class Life(RuleBasedStateMachine):
    """Three ids, everything that can be done to them, and what they should be afterwards."""

    def __init__(self, world: World, caller: Caller) -> None:
        super().__init__()
        self.world, self.caller = world, caller
        self.tenant = world.ports.tenants.find(caller.tenant_id)
        self.ids = [str(uuid4()) for _ in range(3)]
        self.versions = [0, 0, 0]
        self.model: list[dict[str, Any] | None] = [None, None, None]

    def wrote(self, slot: int, document: dict[str, Any] | None) -> None:
        """Note what the model holds now."""
        self.versions[slot] += 1
        self.model[slot] = {"status": "active", **document} if document else None

    @rule(slot=SLOTS, document=DOCUMENTS, way=WAYS)
    def create(self, slot: int, document: dict[str, Any], way: str) -> None:
        """POST under a chosen id."""
        status = self.caller.post({**document, "resourceId": self.ids[slot]}, Prefer=way).status_code
        if self.versions[slot]:
            assert status == 409
            return
        assert status == (202 if way else 201)
        self.wrote(slot, document)

    @rule(slot=SLOTS, document=DOCUMENTS, way=WAYS)
    def put(self, slot: int, document: dict[str, Any], way: str) -> None:
        """PUT."""
        status = self.caller.put(self.ids[slot], document, Prefer=way).status_code
        assert status == (202 if way else 201 if self.model[slot] is None else 200)
        self.wrote(slot, document)

    @rule(slot=SLOTS, patch=PATCHES, way=WAYS)
    def patch(self, slot: int, patch: dict[str, Any], way: str) -> None:
        """PATCH."""
        status = self.caller.patch(self.ids[slot], patch, Prefer=way).status_code
        if (former := self.model[slot]) is None:
            assert status == 404
            return
        assert status == (202 if way else 200)
        self.wrote(slot, merge_patch(former, patch))

    @rule(slot=SLOTS, way=WAYS)
    def delete(self, slot: int, way: str) -> None:
        """DELETE."""
        status = self.caller.delete(self.ids[slot], Prefer=way).status_code
        if not self.versions[slot]:
            assert status == 404
        elif self.model[slot] is None:
            assert status == 200
        else:
            assert status == (202 if way else 200)
            self.wrote(slot, None)

    @rule(slot=SLOTS, document=DOCUMENTS)
    def put_with_a_stale_version(self, slot: int, document: dict[str, Any]) -> None:
        """PUT that must not happen."""
        stale = f'"{self.versions[slot] + 1}"'
        assert self.caller.put(self.ids[slot], document, If_Match=stale).status_code == 412

    @rule(slot=SLOTS, document=DOCUMENTS)
    def put_twice_with_one_key(self, slot: int, document: dict[str, Any]) -> None:
        """PUT, repeated by a nervous client."""
        key = uuid4().hex
        for _ in range(2):
            answer = self.caller.put(self.ids[slot], document, Idempotency_Key=key)
        assert (answer.status_code, answer.headers["ETag"]) == (200, f'"{self.versions[slot] + 1}"')
        self.wrote(slot, document)

    @rule(slot=SLOTS)
    def put_what_breaks_the_schema(self, slot: int) -> None:
        """PUT that must not happen."""
        assert self.caller.put(self.ids[slot], {"colour": "red"}).status_code == 422

    @rule()
    def carry(self) -> None:
        """Let the relay deliver what waits."""
        assert self.world.drain(self.caller)

    @rule()
    def make_anew(self) -> None:
        """Rebuild the query table."""
        rebuild(self.world.ports, self.caller.tenant_id)

    @precondition(lambda self: any(self.versions))
    @rule(data=st.data())
    def deliver_old_events_again(self, data: st.DataObject) -> None:
        """Some events arrive once more, out of order."""
        again = data.draw(st.lists(st.sampled_from(self.events()), max_size=4))
        project_events(self.world.ports.store, self.tenant, self.world.kind, again)

    def events(self) -> list[Event]:
        """The events of the three ids."""
        history = self.world.ports.store.history(self.tenant, self.world.kind)
        return [event for event in history if event.identity.resource_id in self.ids]

    @invariant()
    def the_events_say_what_the_model_says(self) -> None:
        """Nothing is lost, nothing is invented."""
        events = self.events()
        for slot, resource_id in enumerate(self.ids):
            its = [event for event in events if event.identity.resource_id == resource_id]
            assert [event.version for event in its] == list(range(1, self.versions[slot] + 1))
            state = fold(its[0].identity, its).state if its else None
            assert (properties_of(state) if state else None) == self.model[slot]

    def teardown(self) -> None:
        """In the end the query table is the fold of the events."""
        self.world.drain(self.caller)
        events = self.events()
        for resource_id in self.ids:
            its = [event for event in events if event.identity.resource_id == resource_id]
            state = fold(its[0].identity, its).state if its else None
            assert self.caller.get(resource_id).get_json(silent=True) == state


@pytest.mark.slow
def test_random_sequences(world: World) -> None:
    run_state_machine_as_test(lambda: Life(world, world.caller()), settings=settings(
        max_examples=examples(200), stateful_step_count=12, suppress_health_check=list(HealthCheck)))
