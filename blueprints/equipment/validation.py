"""Checks a body against its JSON Schema and names every failing entry at once."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from jsonschema.exceptions import ValidationError

from app.clock import now
from app.json_schema import in_form, is_too_large, new_formats, validator
from app.plain_text import identifier_key
from app.runtime import runtime
from blueprints.equipment.refusals import Entry, Rule, Unprocessable
from blueprints.equipment.rules import as_moment, refused_dates
from blueprints.equipment.schemas import Schema

LONGEST_NUMBER = 255

_formats = new_formats()


@_formats.checks("iso8601", raises=ValueError)
def _is_moment(value: object) -> bool:
    return not isinstance(value, str) or (value[:4].isdigit() and value[4:5] == "-" and as_moment(value) is not None)


def check_body(schema: Schema, body: object, *more: Callable[[dict[str, Any]], Sequence[Entry]]) -> dict[str, Any]:
    """Return the body, its lines without white space around them (app/json_schema.py).

    Raises Unprocessable with the entries of the schema and of `more`, which see an object."""
    body = in_form(body, schema)
    entries = _failing(schema, body)
    if isinstance(body, dict):
        named = {entry.path for entry in entries}
        entries += [entry for check in more for entry in check(body) if entry.path not in named]
    if entries or not isinstance(body, dict):
        raise Unprocessable(entries)
    return body


def check_dates(body: dict[str, Any]) -> list[Entry]:
    """Return the entries of dates in the wrong order or in the future; malformed ones are the schema's."""
    manufactured, expires = (
        moment if _well_formed(moment) else None
        for moment in (body.get("manufacture_date"), body.get("expiration_date"))
    )
    wrong = refused_dates(manufactured, expires, now(),
                          runtime().settings.zone_of("equipment"))
    return [Entry(f"$.{field}", [Rule("invalid", sentence)]) for field, sentence in wrong.items()]


def check_number(body: dict[str, Any]) -> list[Entry]:
    """Return the entry of an external_id whose compared form is too long to be kept, or nothing at all."""
    number = body.get("external_id")
    if not isinstance(number, str) or 0 < len(identifier_key(number)) <= LONGEST_NUMBER:
        return []
    return [Entry("$.external_id", [Rule("length", f"expected 1 to {LONGEST_NUMBER} characters",
                                         {"max": LONGEST_NUMBER})])]


def _well_formed(value: object) -> bool:
    try:
        return isinstance(value, str) and _is_moment(value)
    except ValueError:
        return False


def _failing(schema: Schema, body: object) -> list[Entry]:
    rules: dict[str, list[Rule]] = {}
    try:
        for error in validator(schema, _formats).iter_errors(body):
            for path, rule in _broken(error):
                rules.setdefault(path, []).append(rule)
    except RecursionError:
        return [Entry("$", [Rule("json", "is nested too deeply")])]
    return [Entry(path, broken) for path, broken in sorted(rules.items())]


def _broken(error: ValidationError) -> Iterator[tuple[str, Rule]]:
    path, keyword, wanted, value = error.json_path, error.validator, error.validator_value, error.instance
    if "propertyNames" in error.schema_path:
        path = f"{path}.{value}"
    if keyword in _SILENT_WHEN_TOO_LARGE and is_too_large(value, error.schema):
        return
    if keyword == "required":
        missing = next(name for name in wanted if error.message.startswith(f"{name!r} is a required"))
        yield f"{path}.{missing}", Rule("required", f"required property {missing} was not present")
    elif keyword == "additionalProperties":
        for name in sorted(set(value) - set(error.schema["properties"])):
            yield f"{path}.{name}", Rule("schema", "schema does not allow additional properties")
    elif keyword == "type":
        expected = [wanted] if isinstance(wanted, str) else wanted
        yield path, Rule("cast", f"type mismatch. Expected {' or '.join(expected)}", expected)
    elif keyword == "enum":
        yield path, Rule("inclusion", "value is not allowed in enum", wanted)
    elif keyword == "format":
        yield path, Rule("format", f"expected a valid {wanted}", [wanted])
    elif keyword in _LENGTHS:
        bound = _LENGTHS[keyword]
        yield path, Rule("length", f"expected {bound} {wanted} characters, entries or properties", {bound: wanted})
    elif keyword == "pattern":
        yield path, Rule("format", "string does not match its pattern", [wanted])
    elif keyword == "x-line":
        yield path, Rule("format", error.message, [wanted])
    else:
        yield path, Rule(str(keyword), error.message[:255])


# A value larger than allowed is refused for that alone.
_SILENT_WHEN_TOO_LARGE = ("format", "pattern", "uniqueItems", "x-line")
_LENGTHS = {
    "minLength": "min",
    "minItems": "min",
    "minProperties": "min",
    "maxLength": "max",
    "maxItems": "max",
    "maxProperties": "max",
}
