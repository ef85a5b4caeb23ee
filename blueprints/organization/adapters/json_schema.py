"""JSON Schema 2020-12 from files: `<resource>/<version>.json` in a folder; each version knows the one before."""
import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from json import JSONDecodeError
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, ValidationError
from jsonschema.exceptions import SchemaError

from app.json_schema import in_form, new_formats, validator
from app.settings import SettingsError
from blueprints.organization.domain.documents import SYSTEM_MEMBERS, Document
from blueprints.organization.domain.legal_entity_identifier import is_lei
from blueprints.organization.domain.refusals import Violation
from blueprints.organization.domain.resource_type import (
    NAME,
    PROPERTY,
    RESERVED_PARAMETERS,
    Extension,
    ResourceType,
    extended_schema,
)
from blueprints.organization.domain.schema_mapping import MEMBER, complaints_about_mapping

SHIPPED = Path(__file__).parent.parent / "schemas"
_VERSION = re.compile(r"v([1-9][0-9]{0,3})")
_RESERVED_NAMES = ("main", "temp", "public", "token", "information_schema")

formats = new_formats()
formats.checks("lei")(lambda value: not isinstance(value, str) or is_lei(value))


class SchemaFilesWrong(SettingsError):
    """A schema file cannot be served: start and commands are refused, as for a setting, with a sentence that names it.
    """


class JsonSchemaCatalog:
    """The resource types of one or more folders, the event schema, and a validator for each tenant's extension."""

    def __init__(self, *folders: Path) -> None:
        self.kinds: Mapping[str, ResourceType] = _load(folders)
        self._versions = {version.table_set: version for kind in self.kinds.values() for version in kind.lineage}
        self._event = validator(json.loads((SHIPPED / "event-v1.json").read_text()), formats)
        self._validators = lru_cache(maxsize=512)(self._build)

    def violations(self, kind: ResourceType, extension: Extension, properties: Document) -> list[Violation]:
        """Return every entry of `properties` that breaks the schema of this tenant."""
        errors = self._of(kind, extension).iter_errors(properties)
        return [_violation(error) for error in sorted(errors, key=_place)]

    def accepts(self, kind: ResourceType, extension: Extension, path: tuple[str, ...], value: Any) -> bool:
        """Tell whether `value` alone satisfies the schema of the property (or of a list's items) at `path`."""
        return bool(self._of(kind, extension).evolve(schema=self._spec(kind, extension, path)).is_valid(value))

    def in_form(self, kind: ResourceType, extension: Extension, path: tuple[str, ...], value: Any) -> Any:
        """Return `value` as the property (or a list's item) at `path` keeps it; no path is the whole document."""
        return in_form(value, self._spec(kind, extension, path))

    def _spec(self, kind: ResourceType, extension: Extension, path: tuple[str, ...]) -> Any:
        spec: Any = self._of(kind, extension).schema
        for name in path:
            spec = spec["properties"][name]
        return spec.get("items", {}) if spec.get("type") == "array" else spec

    def _of(self, kind: ResourceType, extension: Extension) -> Draft202012Validator:
        return self._validators(kind.table_set, json.dumps([extension.properties, extension.required]))

    def _build(self, table_set: str, extension_text: str) -> Draft202012Validator:
        properties, required = json.loads(extension_text)
        return validator(extended_schema(self._versions[table_set], Extension(1, properties, tuple(required))), formats)

    def schema_errors(self, kind: ResourceType, schema: Document) -> list[str]:
        """Return why `schema` cannot extend `kind`; references may only point into the schema it makes with it."""
        try:
            Draft202012Validator.check_schema(schema)
        except SchemaError as error:
            return [f"{error.json_path}: {error.message}"]
        return _reference_errors(validator(extended_schema(kind, Extension(1, schema["properties"])), formats))

    def event_errors(self, message: Document) -> list[str]:
        """Return why `message` does not satisfy the event schema."""
        return [f"{error.json_path}: {error.message}" for error in self._event.iter_errors(message)]


def _load(folders: tuple[Path, ...]) -> dict[str, ResourceType]:
    versions: dict[str, dict[int, ResourceType]] = defaultdict(dict)
    for file in sorted(file for folder in folders for file in folder.glob("*/v*.json")):
        kind = _resource_type(file)
        if any(name != kind.name and name.lower() == kind.name.lower() for name in versions):
            raise SchemaFilesWrong(f"{file}: another resource has this name but for its case")
        versions[kind.name][kind.number] = kind
    return {name: _newest([kind for _, kind in sorted(found.items())]) for name, found in versions.items()}


def _newest(versions: list[ResourceType]) -> ResourceType:
    """Return the last of the versions, which come in order, linked to those before it."""
    linked = versions[0]
    for kind in versions[1:]:
        if said := complaints_about_mapping(kind.schema.get(MEMBER, {}), kind.schema["properties"],
                                            linked.schema["properties"]):
            raise SchemaFilesWrong(f"{kind.name}/{kind.version}.json: {' '.join(said)}")
        linked = replace(kind, former=linked)
    return linked


def _resource_type(file: Path) -> ResourceType:
    try:
        return _checked(file, file.read_text(encoding="utf-8"))
    except (JSONDecodeError, UnicodeDecodeError) as error:
        raise SchemaFilesWrong(f"{file} is no JSON in UTF-8: {error}") from error


@lru_cache(maxsize=64)
def _checked(file: Path, text: str) -> ResourceType:
    kind = ResourceType(file.parent.name, file.stem, json.loads(text))
    complaint = _complaint(kind)
    if complaint:
        raise SchemaFilesWrong(f"{file}: {complaint}")
    return kind


def _complaint(kind: ResourceType) -> str | None:
    properties = kind.schema.get("properties") if isinstance(kind.schema, dict) else None
    if not NAME.fullmatch(kind.name) or kind.name in _RESERVED_NAMES or not _VERSION.fullmatch(kind.version):
        return "a schema file is <resource>/v<number>.json"
    if not isinstance(properties, dict) or "$id" not in kind.schema:
        return "a resource schema has properties and an $id"
    taken = [name for name in properties
             if not PROPERTY.fullmatch(name) or name in SYSTEM_MEMBERS or name in RESERVED_PARAMETERS]
    if taken:
        return f"these cannot be property names: {', '.join(taken)}"
    try:
        Draft202012Validator.check_schema(dict(kind.schema))
    except SchemaError as error:
        return f"{error.json_path}: {error.message}"
    return next(iter(_reference_errors(validator(dict(kind.schema), formats))), None)


def _place(error: ValidationError) -> tuple[str, str]:
    return _pointer(error), str(error.validator)


def _pointer(error: ValidationError) -> str:
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in error.absolute_path)


def _violation(error: ValidationError) -> Violation:
    message = error.message if len(error.message) <= 300 else f"{error.message[:300]}…"
    return Violation(_pointer(error), str(error.validator), message)


def _reference_errors(checker: Draft202012Validator) -> list[str]:
    """Return which references of the checker's schema could not be followed while a document is checked."""
    said = []
    for target in _references(checker.schema):
        if not target.startswith("#"):
            said.append(f"The reference {target} does not stay within the document.")
            continue
        try:
            checker.evolve(schema={"$ref": target}).is_valid(None)
        except RecursionError:
            said.append(f"The reference {target} leads back to itself.")
        except Exception:  # the library has no public name for it
            said.append(f"The reference {target} leads nowhere.")
    return said


def _references(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        for name, value in schema.items():
            if name in ("$ref", "$dynamicRef") and isinstance(value, str):
                yield value
            yield from _references(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _references(value)
