"""A kind of resource, as its schema file describes it: the single truth that routes, tables and checks derive from."""
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.folding import stored_words
from blueprints.organization.domain.documents import SYSTEM_MEMBERS, Document
from blueprints.organization.domain.schema_mapping import MEMBER, mapped

RESERVED_PARAMETERS = ("q", "updatedSince", "page", "pageSize", "sort")
NAME = re.compile(r"[a-z][A-Za-z0-9]{0,29}")
PROPERTY = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,49}")
"""With the rule appended it names a CHECK constraint, for which PostgreSQL has 63 characters."""


@dataclass(frozen=True)
class ResourceType:
    """One version of a resource: `name` as in the path, `version` as in the table names, and its JSON Schema.

    `former` is the version before it, where there is a file of one."""

    name: str
    version: str
    schema: Mapping[str, Any]
    former: "ResourceType | None" = None

    @property
    def number(self) -> int:
        """The number of the version."""
        return int(self.version.removeprefix("v"))

    @property
    def table_set(self) -> str:
        """The name under which the catalog says that a tenant has tables for this version."""
        return f"{self.name}/{self.version}"

    @property
    def lineage(self) -> "tuple[ResourceType, ...]":
        """This version and all before it, the newest first."""
        return (self, *(self.former.lineage if self.former else ()))

    def carried(self, properties: Document, version: str | None) -> Document:
        """Return properties that stand under `version`, this one or one before it, as the mappings bring them here."""
        if self.former is None or version == self.version:
            return properties
        return mapped(self.former.carried(properties, version), self.schema.get(MEMBER, {}))

    @property
    def uri(self) -> str:
        """The schema's own identifier, which events carry as `dataschema`."""
        return str(self.schema["$id"])

    @property
    def read_scope(self) -> str:
        """The scope a token needs to read."""
        return f"{self.name}:read"

    @property
    def write_scope(self) -> str:
        """The scope a token needs to write."""
        return f"{self.name}:write"

    @property
    def text_properties(self) -> tuple[str, ...]:
        """The properties that `q` looks in: those marked `"x-fullText": true`."""
        return tuple(name for name, spec in self.schema["properties"].items() if spec.get("x-fullText"))

    def with_defaults(self, properties: Document, extension: "Extension") -> Document:
        """Return the properties with the schema's `default` for each top-level one that is missing."""
        specs = {**extension.properties, **self.schema["properties"]}
        defaults = {name: spec["default"] for name, spec in specs.items() if "default" in spec}
        return {**defaults, **properties}

    def search_text(self, properties: Document) -> str:
        """Return the stored full text of a document: its words, a space before and after each."""
        found = (properties.get(name) for name in self.text_properties)
        return stored_words(text for text in found if isinstance(text, str))


@dataclass(frozen=True)
class Extension:
    """What one tenant added to a resource type; revision 0 means nothing was added."""

    revision: int
    properties: Mapping[str, Any]
    required: tuple[str, ...] = ()


NO_EXTENSION = Extension(0, {})


def extended_schema(kind: ResourceType, extension: Extension) -> Document:
    """Return the schema that a tenant's documents must satisfy: the type's own plus the tenant's properties.

    The file wins where a later version of it names what a tenant had registered."""
    schema = dict(kind.schema)
    schema["properties"] = {**extension.properties, **kind.schema["properties"]}
    schema["required"] = [*kind.schema.get("required", ()), *extension.required]
    return schema


def complaints_about_extension(kind: ResourceType, former: Extension, candidate: object) -> list[str]:
    """Return why `candidate` cannot be registered as the extension of `kind`; an empty list means that it can.

    An extension only adds: it neither redefines the type's properties nor drops one it had."""
    if not isinstance(candidate, dict) or not isinstance(candidate.get("properties"), dict):
        return ["An extension is a JSON Schema object with `properties`."]
    said = []
    if unknown := set(candidate) - {"$schema", "$id", "title", "description", "type", "properties", "required"}:
        said.append(f"An extension has properties and required only, not {', '.join(sorted(unknown))}.")
    for name, spec in candidate["properties"].items():
        if not PROPERTY.fullmatch(name):
            said.append(f"{name!r} is no property name.")
        elif name in kind.schema["properties"] or name in SYSTEM_MEMBERS or name in RESERVED_PARAMETERS:
            said.append(f"{name} is already taken.")
        elif not isinstance(spec, dict):
            said.append(f"{name} needs a schema object.")
    required = candidate.get("required", [])
    if not isinstance(required, list) or set(map(str, required)) - set(candidate["properties"]):
        said.append("required must list properties of the extension.")
    said += [f"{name} was registered before and cannot be dropped."
             for name in former.properties if name not in {**candidate["properties"], **kind.schema["properties"]}]
    return said
