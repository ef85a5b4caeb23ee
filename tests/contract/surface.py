"""What clients can send, read from the OpenAPI documents: operations, their parameters, the fields of their bodies."""
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.clients import ApiClient

METHODS = ("get", "post", "put", "patch", "delete")
JSON = "application/json"
_KINDS = {"uuid": "id", "date-time": "instant", "iso8601": "instant", "date": "instant",
          "password": "password"}
_TYPES = {"number": "number", "integer": "integer", "boolean": "flag", "object": "object", "array": "list"}

Schema = dict[str, Any]
Place = tuple[str | int, ...]


@dataclass(frozen=True)
class Field:
    """One member of a body: where it stands, what kind of value it takes, and whether the server reads it at all."""

    place: Place
    kind: str
    most: int | None = None
    ignored: bool = False
    highest: int | None = None

    @property
    def name(self) -> str:
        """Return the member of the body that holds it."""
        return str(self.place[0])


@dataclass(frozen=True)
class Operation:
    """One call of a service as its document describes it."""

    name: str
    method: str
    path: str
    media_type: str | None
    fields: tuple[Field, ...]
    asked_for: Schema = field(compare=False)
    """Name of a query parameter → its schema."""
    public: bool
    scopes: tuple[str, ...] = ()
    """What lets an API client call it."""

    @property
    def queries(self) -> tuple[str, ...]:
        """Return the names of the query parameters."""
        return tuple(self.asked_for)

    @property
    def places(self) -> tuple[str, ...]:
        """Return the names of the path's parameters."""
        return tuple(part[1:-1] for part in self.path.split("/") if part.startswith("{"))

    @property
    def takes_json(self) -> bool:
        """Return whether the body is JSON."""
        return self.media_type is not None and self.media_type.endswith("json")

    def url(self, values: dict[str, str], default: str = "") -> str:
        """Return the path with its parameters filled in."""
        return "/".join(values.get(part[1:-1], default) if part.startswith("{") else part
                        for part in self.path.split("/"))


_read: dict[str, list[Operation]] = {}


def operations(client: ApiClient, mount: str) -> list[Operation]:
    """Return every operation of the service's own, once (`…1` is its second path); its document is read once."""
    if mount not in _read:
        _read[mount] = _operations(client, mount)
    return [*_read[mount]]


def _operations(client: ApiClient, mount: str) -> list[Operation]:
    document = client.get(f"{mount}/openapi.json").json
    found = [_operation(document, method, path, item[method], item.get("parameters", []))
             for path, item in document["paths"].items() for method in METHODS
             if method in item and "default routes" not in item[method].get("tags", [])]
    names = {operation.name for operation in found}
    return [operation for operation in found if not (operation.name.endswith("1") and operation.name[:-1] in names)]


def _operation(document: Schema, method: str, path: str, said: Schema, shared: list[Schema]) -> Operation:
    content = said.get("requestBody", {}).get("content", {})
    media_type = JSON if JSON in content else next(iter(content), None)
    schema = content[media_type]["schema"] if media_type else {}
    parameters = [_resolved(document, parameter) for parameter in [*shared, *said.get("parameters", [])]]
    return Operation(
        said["operationId"], method.upper(), path, media_type, tuple(_fields(document, schema)),
        {parameter["name"]: parameter.get("schema", {}) for parameter in parameters if parameter["in"] == "query"},
        said.get("security", document.get("security")) in ([], None),
        tuple(scope for way in said.get("security", ()) for scope in way.get("client", ())))


def _fields(document: Schema, schema: Schema, place: Place = ()) -> Iterator[Field]:
    for name, part in _properties(document, schema).items():
        known = _resolved(document, part)
        yield Field((*place, name), _kind(known), known.get("maxLength"), "ignored" in known.get("description", ""),
                    known.get("maximum"))
        yield from _fields(document, known, (*place, name))
        if _type(known) == "array":
            yield from _fields(document, _resolved(document, known.get("items", {})), (*place, name, 0))


def _properties(document: Schema, schema: Schema) -> Schema:
    known = _resolved(document, schema)
    found: Schema = dict(known.get("properties", {}))
    for part in known.get("allOf", []):
        found |= _properties(document, part)
    return found


def _resolved(document: Schema, part: Schema) -> Schema:
    found: Any = part
    while "$ref" in found:
        target: Any = document
        for step in found["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        found = {**target, **{name: value for name, value in found.items() if name != "$ref"}}
    if list(found) == ["allOf"] and len(found["allOf"]) == 1:
        return _resolved(document, found["allOf"][0])
    return dict(found)


def _kind(schema: Schema) -> str:
    if "enum" in schema:
        return "choice"
    if _type(schema) == "array":
        return _list_kind(schema.get("items", {}))
    return _KINDS.get(schema.get("format", ""), _TYPES.get(_type(schema), "text"))


def _list_kind(items: Schema) -> str:
    """Return the kind of a list: where one item alone is one, too, its text may be any text, or JSON."""
    if items.get("type") == "object" and "properties" not in items:
        return "objects"
    return "lines" if items.get("type") == "string" and "format" not in items else "list"


def _type(schema: Schema) -> str:
    stated = schema.get("type", "string")
    return stated if isinstance(stated, str) else next(one for one in stated if one != "null")
