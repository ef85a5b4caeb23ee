"""The query table's CHECK constraints, derived from the schema file: the database refuses what validation would."""
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import CheckConstraint, text

from blueprints.organization.domain.resource_type import ResourceType

_TYPES: dict[str, dict[str, tuple[str, ...]]] = {
    "postgresql": {"string": ("string",), "integer": ("number",), "number": ("number",), "boolean": ("boolean",),
                   "object": ("object",), "array": ("array",)},
    "sqlite": {"string": ("text",), "integer": ("integer", "real"), "number": ("integer", "real"),
               "boolean": ("true", "false"), "object": ("object",), "array": ("array",)},
}


def check_constraints(kind: ResourceType, dialect: str) -> list[CheckConstraint]:
    """Return the checks on the `document` column: required, type, enum, length and bounds of top-level properties."""
    conditions = [(f"{name} {rule}", condition) for name, spec in kind.schema["properties"].items()
                  for rule, condition in _conditions(name, spec, dialect)]
    conditions += [(f"{name} required", f"{_type_of(name, dialect)} IS NOT NULL")
                   for name in kind.schema.get("required", ())]
    return [CheckConstraint(text(condition.replace(":", r"\:")), name=name) for name, condition in conditions]


def _conditions(name: str, spec: Mapping[str, Any], dialect: str) -> Iterator[tuple[str, str]]:
    value, number = _value(name, dialect), _number(name, dialect)
    if isinstance(spec.get("type"), str) and spec["type"] in _TYPES[dialect]:
        yield "type", f"{_type_of(name, dialect)} IN ({_listed(_TYPES[dialect][spec['type']])})"
    if spec.get("enum") and all(isinstance(option, str) for option in spec["enum"]):
        yield "enum", f"{value} IN ({_listed(spec['enum'])})"
    if "maxLength" in spec:
        yield "length", f"length({value}) <= {int(spec['maxLength'])}"
    if "minimum" in spec:
        yield "minimum", f"{number} >= {spec['minimum']!r}"
    if "maximum" in spec:
        yield "maximum", f"{number} <= {spec['maximum']!r}"


def _type_of(name: str, dialect: str) -> str:
    return f"jsonb_typeof(document -> '{name}')" if dialect == "postgresql" else f"json_type(document, '$.{name}')"


def _value(name: str, dialect: str) -> str:
    return f"(document ->> '{name}')" if dialect == "postgresql" else f"json_extract(document, '$.{name}')"


def _number(name: str, dialect: str) -> str:
    return f"(document ->> '{name}')::numeric" if dialect == "postgresql" else _value(name, dialect)


def _listed(options: Any) -> str:
    return ", ".join("'" + option.replace("'", "''") + "'" for option in options)
