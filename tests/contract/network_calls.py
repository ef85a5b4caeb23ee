"""The same as good_calls.py for the services that only the network has."""
from uuid import uuid4

from flask import Flask

from tests.clients import ApiClient, Callers
from tests.contract.world import Body, GoodCalls, World

ROOT = "/network"
NETWORKING = f"{ROOT}/networking-api/v1"


class Network(World):
    """A small network: the superAdmin is connected with Cat, Ann asks for it, Ben knows nobody."""

    realm = "network"

    def __init__(self, app: Flask, callers: Callers) -> None:
        super().__init__(app, callers)
        self.good = GOOD
        self.ann, self.ben, self.cat = (callers.user(name, realm=self.realm) for name in ("ann", "ben", "cat"))
        self.ids["userId"] = self.ben.user_id
        self._connect()

    def reader_of(self, object_name: str) -> ApiClient:
        """Return the same, but Ben for what is its people's alone: the tests let relations point at him."""
        return self.ben if object_name in ("connection", "connectionRequest") else self.caller

    def newcomer(self) -> ApiClient:
        """Return somebody who has done nothing yet."""
        return self.callers.user(f"new-{uuid4().hex[:12]}", realm=self.realm)

    def invited_by(self, sender: ApiClient) -> str:
        """Let somebody ask the caller for a connection, and return the request's id."""
        return str(self._make("connectionRequestId", f"{NETWORKING}/connectionrequests", "connectionRequest",
                              {"receiverUserId": self.caller.user_id, "status": "pending"}, sender)["id"])

    def answered(self) -> Body:
        """Return a good answer to a request that nobody has answered."""
        self.invited_by(self.newcomer())
        return {"status": "accepted"}

    def _connect(self) -> None:
        request = self.invited_by(self.cat)
        accepted = self.caller.patch(f"{NETWORKING}/connectionrequests/{request}", json={"status": "accepted"})
        assert accepted.status_code == 200, accepted.json
        self._make("connectionId", f"{NETWORKING}/connections", "connection", GOOD["createConnection"](self))
        self.invited_by(self.ann)


GOOD: GoodCalls = {
    "createConnection": lambda world: {"userId1": world.caller.user_id, "userId2": world.cat.user_id},
    "createConnectionRequest": lambda world: {"receiverUserId": world.newcomer().user_id, "status": "pending"},
    "updateConnectionRequest": lambda world: world.answered(),
}
