"""How a service declares its routes: a decorator for each verb, the options of each by name and type."""
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask import Response
from flask_smorest import Blueprint
from marshmallow import Schema

from app.data.entity import Entity
from app.data.reads.filters import Filters
from app.http.openapi import describe, describe_default, describe_system
from app.http.pipeline import Front, handle
from app.http.realm_front import READS, SYSTEM, WRITES, BusinessApi, SystemRoute, View
from app.http.service import Service
from app.identity.access import Predicate

Decorator = Callable[[View], View]
Prepare = Callable[..., dict[str, Any]]


class ServiceBlueprint(Blueprint):
    """The blueprint of one mounted service; its decorators are the URL map of routes.py.

    What the options mean is told in docs/kernel.md; a name without a policy does not start."""

    def __init__(self, service: Service, policies: Mapping[str, Predicate]) -> None:
        super().__init__(f"{service.realm}_{service.name}", __name__, url_prefix=service.mount,
                         description=service.description)
        self.service = service
        self.policies = policies
        self.apis: list[BusinessApi] = []
        self.has_default_routes = False
        self.security_schemes: dict[str, dict[str, str]] = {}  # beside the access token

    def create(self, path: str, *, name: str, data_name: str, event: str, body: type[Schema] | None = None,
               returns: type[Entity] | None = None, id_name: str | None = None, prepare: Prepare | None = None,
               transaction: bool = True, aliases: tuple[str, ...] = (), text_parameters: tuple[str, ...] = (),
               extras: Mapping[str, Any] | None = None) -> Decorator:
        """POST, 201: view(actor, data, **path)."""
        return self._declare(WRITES, aliases, lambda view: BusinessApi(
            self.service, name, "create", "POST", path, data_name, event, self.policies[name], view, body=body,
            returns=returns, id_name=id_name, prepare=prepare, transaction=transaction,
            text_parameters=text_parameters, extras=extras or {}))

    def get(self, path: str, *, name: str, data_name: str, event: str, returns: type[Entity] | None = None,
            arguments: Mapping[str, str] | None = None, aliases: tuple[str, ...] = (),
            text_parameters: tuple[str, ...] = (), extras: Mapping[str, Any] | None = None) -> Decorator:
        """GET one, 200: view(actor, asked, **path)."""
        return self._declare(READS, aliases, lambda view: BusinessApi(
            self.service, name, "get", "GET", path, data_name, event, self.policies[name], view, returns=returns,
            arguments=arguments or {}, text_parameters=text_parameters, extras=extras or {}))

    def list(self, path: str, *, name: str, data_name: str, event: str, returns: type[Entity] | None = None,
             filters: Filters | None = None, arguments: Mapping[str, str] | None = None,
             made_of: tuple[type[Entity] | str, ...] = (), shared: bool = False, cached: bool = True,
             aliases: tuple[str, ...] = (), text_parameters: tuple[str, ...] = (),
             extras: Mapping[str, Any] | None = None) -> Decorator:
        """GET many, 200: view(actor, asked, **path) returns a Listing."""
        return self._declare(READS, aliases, lambda view: BusinessApi(
            self.service, name, "list", "GET", path, data_name, event, self.policies[name], view, returns=returns,
            filters=filters or Filters(), arguments=arguments or {}, made_of=made_of, shared=shared, cached=cached,
            text_parameters=text_parameters, extras=extras or {}))

    def update(self, path: str, *, name: str, data_name: str, event: str, body: type[Schema] | None = None,
               returns: type[Entity] | None = None, method: str = "PATCH", prepare: Prepare | None = None,
               transaction: bool = True, aliases: tuple[str, ...] = (), text_parameters: tuple[str, ...] = (),
               extras: Mapping[str, Any] | None = None) -> Decorator:
        """PATCH, 200: view(actor, data, **path)."""
        return self._declare(WRITES, aliases, lambda view: BusinessApi(
            self.service, name, "update", method, path, data_name, event, self.policies[name], view, body=body,
            returns=returns, prepare=prepare, transaction=transaction, text_parameters=text_parameters,
            extras=extras or {}))

    def delete(self, path: str, *, name: str, data_name: str, event: str, returns: type[Entity] | None = None,
               transaction: bool = True, aliases: tuple[str, ...] = (), text_parameters: tuple[str, ...] = (),
               extras: Mapping[str, Any] | None = None) -> Decorator:
        """DELETE, 200: view(actor, data, **path); data is {}."""
        return self._declare(WRITES, aliases, lambda view: BusinessApi(
            self.service, name, "delete", "DELETE", path, data_name, event, self.policies[name], view,
            returns=returns, transaction=transaction, text_parameters=text_parameters, extras=extras or {}))

    def system(self, path: str, *, name: str, policy: Predicate, method: str = "GET",
               body: type[Schema] | None = None, parameters: Sequence[Mapping[str, Any]] | None = None,
               request_body: dict[str, Any] | None = None, responses: Mapping[str, Any] | None = None,
               security: Sequence[Mapping[str, Any]] | None = None) -> Decorator:
        """Declare a bare route (rules-platform §2.1, §3.4): view(actor, **path) returns a Response or JSON.

        `parameters`, `request_body`, `responses` and `security` are what its OpenAPI operation says beside the rest."""
        said = {"parameters": parameters, "requestBody": request_body, "responses": responses, "security": security}

        def declare(view: View) -> View:
            doc = describe_system(name, view, method, path, body, policy,
                                  {key: value for key, value in said.items() if value is not None})
            self._add(SYSTEM, SystemRoute(self.service, name, policy, view), path, name, method, doc)
            return view
        return declare

    def add_default(self, path: str, view: View, doc: dict[str, Any]) -> None:
        """Add a route every service has, outside the pipeline; `doc` is its OpenAPI operation."""
        def handler(**path_values: str) -> Any:
            return view(**path_values)

        self.add_url_rule(flask_rule(path), doc["operationId"], self.doc(**describe_default(path, doc))(handler))

    def _declare(self, front: Front[BusinessApi, Any, Any, Any], aliases: tuple[str, ...],
                 declared: Callable[[View], BusinessApi]) -> Decorator:
        """Return the decorator that adds an API under its path and its aliases."""
        def declare(view: View) -> View:
            api = declared(view)
            self.apis.append(api)
            for number, path in enumerate((api.path, *aliases)):
                operation = f"{api.name}{number or ''}"
                self._add(front, api, path, operation, api.method, describe(api, operation))
            return view
        return declare

    def _add(self, front: Front[Any, Any, Any, Any], api: BusinessApi | SystemRoute, path: str, endpoint: str,
             method: str, doc: dict[str, Any]) -> None:
        def handler(**path_values: str) -> Response:
            return handle(front, api, path_values)

        handler.__doc__ = api.view.__doc__
        self.add_url_rule(flask_rule(path), endpoint, self.doc(**doc)(handler), methods=[method])


def flask_rule(path: str) -> str:
    """Return a path as Flask writes it: `/v1/x/{id}` becomes `/v1/x/<id>`."""
    return path.replace("{", "<").replace("}", ">")
