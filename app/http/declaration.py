"""How a service declares its routes: a verb for each kind of API, the options of each by name and type.

`Routes` and `ProgramRoutes` only write down; a `ServiceBlueprint` or `DocumentedBlueprint` carries what was written."""
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from flask import Blueprint, Response
from marshmallow import Schema

from app.data.entity import Entity
from app.data.reads.filters import Filters
from app.http.naming import ApiNames, api_names
from app.http.openapi import Operation, describe, describe_default, describe_system, document_from
from app.http.pipeline import Front, handle
from app.http.realm_front import READS, SYSTEM, WRITES, BusinessApi, SystemRoute, View
from app.http.service import Service
from app.identity.access import Predicate

Decorator = Callable[[View], View]
UseCase = Callable[..., Any]
Prepare = Callable[..., dict[str, Any]]


class ServiceBlueprint(Blueprint):
    """The blueprint of one mounted service: what its Routes say, in one realm."""

    def __init__(self, service: Service, routes: "Routes") -> None:
        super().__init__(f"{service.realm}_{service.name}", __name__, url_prefix=service.mount)
        self.service = service
        self.apis: list[BusinessApi] = []
        self.operations: list[Operation] = []  # what the document is written from when it is first asked for
        self.policies: dict[str, Predicate] = {}  # by the name of the route
        self.security_schemes = routes.security_schemes
        for add in routes.written:
            add(self)

    def add_api(self, front: Front[BusinessApi, Any, Any, Any], api: BusinessApi, aliases: tuple[str, ...]) -> None:
        """Add an API under its path and its aliases."""
        self.apis.append(api)
        self.policies[api.name] = api.policy
        for number, path in enumerate((api.path, *aliases)):
            operation = f"{api.name}{number or ''}"
            self._add(front, api, path, operation, api.method, partial(describe, api, operation))

    def add_system(self, route: SystemRoute, path: str, method: str, describe: Callable[[], dict[str, Any]]) -> None:
        """Add a bare route; `describe` returns its OpenAPI operation."""
        self.policies[route.name] = route.policy
        self._add(SYSTEM, route, path, route.name, method, describe)

    def add_default(self, path: str, view: View, doc: dict[str, Any]) -> None:
        """Add a route every service has, outside the pipeline; `doc` is its OpenAPI operation."""
        rule, endpoint = flask_rule(path), doc["operationId"]
        self.add_url_rule(rule, endpoint, view)
        self.operations.append(Operation(rule, endpoint, "GET", None, partial(describe_default, path, doc)))

    def _add(self, front: Front[Any, Any, Any, Any], api: BusinessApi | SystemRoute, path: str, endpoint: str,
             method: str, describe: Callable[[], dict[str, Any]]) -> None:
        def handler(**path_values: str) -> Response:
            return handle(front, api, path_values)

        rule = flask_rule(path)
        self.add_url_rule(rule, endpoint, handler, methods=[method])
        self.operations.append(Operation(rule, endpoint, method, api.view.__doc__, describe))


class Routes:
    """The URL map of a service, as its routes.py writes it with these verbs; docs/kernel.md tells the options.

    Most APIs are one row: the path, the command or query, and what it does, in the words of the API's document. The
    values of the path are given in their order, then what is sent by name: command(actor, *path, **data),
    query(actor, *path) and, of a list, query(actor, asked, *path). Where a view has more to say than that, the verb
    without a use case is its decorator.

    Who may call an API stands in `policies`; a name without one does not start. Event and data name follow from the
    API's name and its object (app/http/naming.py), or stand in `irregular`."""

    def __init__(self, policies: Mapping[str, Predicate], irregular: Mapping[str, ApiNames] | None = None) -> None:
        self.security_schemes: Mapping[str, dict[str, str]] = {}  # beside the access token
        self.written: list[Callable[[ServiceBlueprint], None]] = []
        self._policies = policies
        self._irregular = irregular or {}

    def include(self, other: "Routes") -> None:
        """Add what another service's code wrote down: its routes stand at this service's mount, too."""
        self.written += other.written

    def create(self, path: str, command: UseCase | None = None, does: str = "", *, name: str,
               body: type[Schema] | None = None, returns: type[Entity] | None = None, id_name: str | None = None,
               prepare: Prepare | None = None, transaction: bool = True, aliases: tuple[str, ...] = (),
               text_parameters: tuple[str, ...] = (), extras: Mapping[str, Any] | None = None) -> Decorator:
        """POST, 201: view(actor, data, **path)."""
        return self._write(_view_of_command(command, does), WRITES, aliases, lambda service, view: BusinessApi(
            service, name, "create", "POST", path, self._names(name, returns), self._policies[name], view, body=body,
            returns=returns, id_name=id_name, prepare=prepare, transaction=transaction,
            text_parameters=text_parameters, extras=extras or {}))

    def get(self, path: str, query: UseCase | None = None, does: str = "", *, name: str,
            returns: type[Entity] | None = None, arguments: Mapping[str, str] | None = None,
            aliases: tuple[str, ...] = (), text_parameters: tuple[str, ...] = (),
            extras: Mapping[str, Any] | None = None) -> Decorator:
        """GET one, 200: view(actor, asked, **path)."""
        return self._write(_view_of_query(query, does), READS, aliases, lambda service, view: BusinessApi(
            service, name, "get", "GET", path, self._names(name, returns), self._policies[name], view,
            returns=returns, arguments=arguments or {}, text_parameters=text_parameters, extras=extras or {}))

    def list(self, path: str, query: UseCase | None = None, does: str = "", *, name: str,
             returns: type[Entity] | None = None, filters: Filters | None = None,
             arguments: Mapping[str, str] | None = None, depends_on: tuple[type[Entity] | str, ...] = (),
             same_for_role: bool = False, cached: bool = True, aliases: tuple[str, ...] = (),
             text_parameters: tuple[str, ...] = (), extras: Mapping[str, Any] | None = None,
             keyed_by: Callable[[], str] | None = None) -> Decorator:
        """GET many, 200: view(actor, asked, **path) returns a Listing. `keyed_by` returns what else a remembered answer
        depends on, when no version tells: it is part of its key."""
        return self._write(_view_of_list(query, does), READS, aliases, lambda service, view: BusinessApi(
            service, name, "list", "GET", path, self._names(name, returns, is_list=True), self._policies[name], view,
            returns=returns, filters=filters or Filters(), arguments=arguments or {}, depends_on=depends_on,
            same_for_role=same_for_role, cached=cached, text_parameters=text_parameters, extras=extras or {},
            keyed_by=keyed_by))

    def update(self, path: str, command: UseCase | None = None, does: str = "", *, name: str,
               body: type[Schema] | None = None, returns: type[Entity] | None = None, method: str = "PATCH",
               prepare: Prepare | None = None, transaction: bool = True, aliases: tuple[str, ...] = (),
               text_parameters: tuple[str, ...] = (), extras: Mapping[str, Any] | None = None,
               refusals: str = "") -> Decorator:
        """PATCH, 200: view(actor, data, **path). `refusals`: the kind of security event each is (staff alone)."""
        return self._write(_view_of_command(command, does), WRITES, aliases, lambda service, view: BusinessApi(
            service, name, "update", method, path, self._names(name, returns), self._policies[name], view, body=body,
            returns=returns, prepare=prepare, transaction=transaction, text_parameters=text_parameters,
            extras=extras or {}, refusals=refusals))

    def delete(self, path: str, command: UseCase | None = None, does: str = "", *, name: str,
               returns: type[Entity] | None = None, transaction: bool = True, aliases: tuple[str, ...] = (),
               text_parameters: tuple[str, ...] = (), extras: Mapping[str, Any] | None = None,
               refusals: str = "") -> Decorator:
        """DELETE, 200: view(actor, data, **path); data is {}. `refusals` as of `update`."""
        return self._write(_view_of_command(command, does), WRITES, aliases, lambda service, view: BusinessApi(
            service, name, "delete", "DELETE", path, self._names(name, returns), self._policies[name], view,
            returns=returns, transaction=transaction, text_parameters=text_parameters, extras=extras or {},
            refusals=refusals))

    def system(self, path: str, *, name: str, method: str = "GET", body: type[Schema] | None = None,
               parameters: Sequence[Mapping[str, Any]] | None = None, request_body: dict[str, Any] | None = None,
               responses: Mapping[str, Any] | None = None, changes_login: bool = False,
               bare_forbidden: bool = False, security: Sequence[Mapping[str, Any]] | None = None) -> Decorator:
        """Declare a bare route (rules-platform §2.1, §3.4): view(actor, **path) returns a Response or JSON.

        `parameters`, `request_body`, `responses` and `security` are what its OpenAPI operation says beside the rest.
        `changes_login`: only our own pages, those of CORS_ORIGINS and programs may ask (app/http/own_pages.py).
        `bare_forbidden`: its 403 is `{status, message}` alone; `responses` says so."""
        said = {"parameters": parameters, "requestBody": request_body, "responses": responses, "security": security}
        policy = self._policies[name]

        def write(view: View) -> View:
            def add(blueprint: ServiceBlueprint) -> None:
                route = SystemRoute(blueprint.service, name, policy, view, changes_login, bare_forbidden)
                blueprint.add_system(route, path, method, partial(
                    describe_system, blueprint.service, name, view, method, path, body, policy,
                    {key: value for key, value in said.items() if value is not None}))

            self.written.append(add)
            return view
        return write

    def _names(self, name: str, returns: type[Entity] | None, *, is_list: bool = False) -> ApiNames:
        return api_names(name, "" if returns is None else returns.__object__, is_list=is_list,
                         irregular=self._irregular.get(name))

    def _write(self, view_of_row: View | None, front: Front[BusinessApi, Any, Any, Any], aliases: tuple[str, ...],
               declared: Callable[[Service, View], BusinessApi]) -> Decorator:
        """Write down the API of a row, or return the decorator that writes down the API of a view."""
        def write(view: View) -> View:
            self.written.append(lambda blueprint: blueprint.add_api(front, declared(blueprint.service, view), aliases))
            return view
        if view_of_row is not None:
            write(view_of_row)
        return write


def _view_of_command(command: UseCase | None, does: str) -> View | None:
    return command and _described(lambda actor, data, **path: command(actor, *path.values(), **data), does)


def _view_of_query(query: UseCase | None, does: str) -> View | None:
    return query and _described(lambda actor, asked, **path: query(actor, *path.values()), does)


def _view_of_list(query: UseCase | None, does: str) -> View | None:
    return query and _described(lambda actor, asked, **path: query(actor, asked, *path.values()), does)


def _described(view: View, does: str) -> View:
    """Return the view with what it does as its docstring; raises ValueError where nothing is said."""
    if not does:
        raise ValueError("say what the API does, behind its command or query")
    view.__doc__ = does
    return view


JsonSchema = dict[str, Any]


@dataclass(frozen=True)
class ProgramApi:
    """One API of a service whose callers are programs; bodies and rows are JSON Schemas, the policy is its own."""

    name: str
    method: str
    path: str
    view: View
    policy: Any
    returns: JsonSchema
    body: JsonSchema | None = None
    checks: tuple[Callable[[dict[str, Any]], Sequence[Any]], ...] = ()
    """What else is asked of a body: each returns the entries that are wrong."""
    filters: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    """Query parameters of a list: `uuid`, `text`, or the values allowed."""
    is_list: bool = False
    status: int = 200


@dataclass(frozen=True)
class ProgramFronts:
    """What differs between services whose callers are programs: who calls, what is wrapped how, and their documents."""

    reads: Front[ProgramApi, Any, Any, Any]
    writes: Front[ProgramApi, Any, Any, Any]
    about_caller: Front[View, Any, Any, Any]
    describe: Callable[[ProgramApi], dict[str, Any]]
    """Returns the OpenAPI operation of an API."""
    describe_about_caller: Callable[[str, View, JsonSchema], dict[str, Any]]


class DocumentedBlueprint(Blueprint):
    """The blueprint of a service outside the realms; its document is what its routes say of themselves.

    `components` is asked with each document, when the settings are known."""

    def __init__(self, service: Service, title: str, components: Callable[[], dict[str, Any]]) -> None:
        super().__init__(service.name, __name__, url_prefix=service.mount)
        self.service = service
        self.title = title
        self.apis: list[ProgramApi] = []
        self._components = components
        self._paths: dict[str, dict[str, Any]] = {}

    def add_api(self, front: Front[ProgramApi, Any, Any, Any], api: ProgramApi, doc: dict[str, Any]) -> None:
        """Add an API; `doc` is its OpenAPI operation."""
        self.apis.append(api)
        self.add_url_rule(flask_rule(api.path), api.name, _program_handler(front, api), methods=[api.method])
        self.describe(api.path, **{api.method.lower(): doc})

    def add_default(self, path: str, view: View, doc: dict[str, Any]) -> None:
        """Add a route every service has; `doc` is its OpenAPI operation."""
        self.add_url_rule(flask_rule(path), f"default {path.replace('.', ' ')}", view)
        self.describe(path, get=describe_default(path, doc))

    def describe(self, path: str, **item: Any) -> None:
        """Say in the document what the routes of a path do: operations by method, and their common `parameters`."""
        self._paths.setdefault(self.service.mount + path, {}).update(item)

    def document(self) -> dict[str, Any]:
        """Return the OpenAPI document of everything described so far."""
        return document_from(self.service, self.title, self._paths, self._components())


class ProgramRoutes:
    """The URL map of a service whose callers are programs: the verbs of `Routes`, for JSON Schemas and other fronts.

    A view is called with the front's own caller; a name without a policy does not start."""

    def __init__(self, policies: Mapping[str, Any], fronts: ProgramFronts) -> None:
        self.apis: list[ProgramApi] = []
        self.written: list[Callable[[DocumentedBlueprint], None]] = []
        self._policies = policies
        self._fronts = fronts

    def create(self, path: str, *, name: str, body: JsonSchema, returns: JsonSchema,
               checks: tuple[Callable[[dict[str, Any]], Sequence[Any]], ...] = ()) -> Decorator:
        """POST, 201: view(caller, rows, data, **path) returns the row."""
        return self._write(self._fronts.writes, lambda view: ProgramApi(
            name, "POST", path, view, self._policies[name], returns, body, checks, status=201))

    def get(self, path: str, *, name: str, returns: JsonSchema) -> Decorator:
        """GET one, 200: view(caller, **path) returns the row."""
        return self._write(self._fronts.reads, lambda view: ProgramApi(
            name, "GET", path, view, self._policies[name], returns))

    def list(self, path: str, *, name: str, returns: JsonSchema,
             filters: Mapping[str, str | tuple[str, ...]] | None = None) -> Decorator:
        """GET many, 200: view(caller, asked, **path) returns a page of rows."""
        return self._write(self._fronts.reads, lambda view: ProgramApi(
            name, "GET", path, view, self._policies[name], returns, filters=filters or {}, is_list=True))

    def update(self, path: str, *, name: str, returns: JsonSchema, body: JsonSchema | None = None,
               method: str = "PATCH", checks: tuple[Callable[[dict[str, Any]], Sequence[Any]], ...] = ()) -> Decorator:
        """PATCH, 200: view(caller, rows, data, **path) returns the row."""
        return self._write(self._fronts.writes, lambda view: ProgramApi(
            name, method, path, view, self._policies[name], returns, body, checks))

    def about_caller(self, path: str, *, name: str, shows: JsonSchema) -> Decorator:
        """GET, bare: view(caller, **path) returns JSON for whoever has a good token."""
        front, described = self._fronts.about_caller, self._fronts.describe_about_caller

        def write(view: View) -> View:
            self.written.append(lambda blueprint: blueprint.add_default(
                path, _program_handler(front, view), described(name, view, shows)))
            return view
        return write

    def _write(self, front: Front[ProgramApi, Any, Any, Any], declared: Callable[[View], ProgramApi]) -> Decorator:
        def write(view: View) -> View:
            api = declared(view)
            self.apis.append(api)
            self.written.append(lambda blueprint: blueprint.add_api(front, api, self._fronts.describe(api)))
            return view
        return write


def _program_handler(front: Front[Any, Any, Any, Any], api: ProgramApi | View) -> Callable[..., Response]:
    return lambda **path: handle(front, api, path)


def flask_rule(path: str) -> str:
    """Return a path as Flask writes it: `/v1/x/{id}` becomes `/v1/x/<id>`."""
    return path.replace("{", "<").replace("}", ">")
