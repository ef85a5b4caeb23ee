"""What the small worlds of the contract tests have in common: one row of everything, and who may do everything."""
from collections.abc import Callable
from typing import Any

from flask import Flask

from tests.clients import ApiClient, Callers

Body = dict[str, Any]
GoodCalls = dict[str, Callable[[Any], Body]]


class World:
    """One realm; the superAdmin calls, because access checks must not hide what is behind them.

    `ids` says what each id of a path names, `good` what a good body of each operation is."""

    realm: str
    good: GoodCalls

    def __init__(self, app: Flask, callers: Callers) -> None:
        self.app, self.callers = app, callers
        self.caller = callers.super_admin(realm=self.realm)
        self.ids: dict[str, str] = {"permissionName": "adminPanel.access"}

    def reader_of(self, object_name: str) -> ApiClient:
        """Return who sees the world's object of this name."""
        return self.caller

    def _make(self, name: str, path: str, data_name: str, body: Body, caller: ApiClient | None = None) -> Body:
        answer = (caller or self.caller).post(path, json=body)
        assert answer.status_code == 201, (path, answer.json)
        made: Body = answer.json[data_name]
        self.ids[name] = made["id"]
        return made
