"""The JSON Schemas of all bodies: the one truth for validation and for the OpenAPI document."""

from typing import Any

from blueprints.equipment.rules import (
    DIVISION_STATUSES,
    EQUIPMENT_STATUSES,
    LEGAL_ENTITY_STATUSES,
    LEGAL_ENTITY_TYPES,
    ROLES,
    SCOPES,
)

Schema = dict[str, Any]

PRINTABLE = r"^\s*[^\s\x00][^\x00]*$"  # something to see, and no NUL, which PostgreSQL cannot store
UUID: Schema = {"type": "string", "format": "uuid"}
MOMENT: Schema = {
    "type": "string",
    "format": "iso8601",
    "maxLength": 32,
    # Python's reader takes any character between date and time, NUL among them.
    "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9:.,]+(Z|[+-][0-9:]+)?)?$",
    "description": "ISO 8601 date or date-time",
}


def _text(most: int = 255) -> Schema:
    return {"type": "string", "minLength": 1, "maxLength": most, "pattern": PRINTABLE}


def _line(most: int = 255) -> Schema:
    return {**_text(most), "x-line": "shown"}


def _code(most: int = 255) -> Schema:
    return {**_text(most), "x-line": "identifies"}


def _choice(options: tuple[str, ...]) -> Schema:
    return {"type": "string", "enum": list(options)}


def _object(properties: dict[str, Schema], required: tuple[str, ...], **more: Any) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
        "maxProperties": 100,  # more are not named one by one
        **more,
    }


def shown(properties: dict[str, Schema], *sometimes: str) -> Schema:
    """An object of an answer: everything is always there, but for what is named in `sometimes`."""
    return _object(properties, tuple(name for name in properties if name not in sometimes))


def _or_null(schema: Schema) -> Schema:
    return {**schema, "type": [schema["type"], "null"]}


_UDI = _object({"value": _code(), "type": _code(), "assigner_name": _line()}, ("value", "type"))
_NAME = _object({"name": _line(), "type": _line()}, ("name", "type"))
_NEEDED = {"type": _code(64), "name": _line()}
_OPTIONAL = {
    "external_id": _code(),
    "udi": {"type": "array", "items": _UDI, "maxItems": 50},
    "lot_number": _code(),
    "manufacturer": _line(),
    "manufacture_date": MOMENT,
    "expiration_date": MOMENT,
    "model_number": _code(),
    "part_number": _code(),
    "version": _code(),
    "serial_number": _code(),
    "note": _text(5000),
}
_NAMES: Schema = {"type": "array", "items": _NAME, "maxItems": 50}
_OPTIONAL_OR_NULL = {field: _or_null(schema) for field, schema in _OPTIONAL.items()}

REGISTRATION = _object(
    {**_NEEDED, **_OPTIONAL_OR_NULL, "names": _or_null(_NAMES), "division_id": _or_null(UUID)}, ("type", "name")
)
CHANGE = _object({**_NEEDED, **_OPTIONAL_OR_NULL, "names": _NAMES}, (), minProperties=1)
MOVE = _object({"division_id": _or_null(UUID)}, ("division_id",))

_LEGAL_ENTITY = {
    "name": _line(),
    "edrpou": _or_null({"type": "string", "pattern": "^[0-9]{8,10}$", "x-line": "identifies"}),
    "type": _choice(LEGAL_ENTITY_TYPES),
}
NEW_LEGAL_ENTITY = _object(_LEGAL_ENTITY, ("name", "type"))
LEGAL_ENTITY_CHANGE = _object(_LEGAL_ENTITY, (), minProperties=1)
NEW_DIVISION = _object({"name": _line()}, ("name",))
NEW_CLIENT = _object(
    {
        "legal_entity_id": UUID,
        "user_id": UUID,
        "role": _choice(ROLES),
        "scopes": {
            "type": "array",
            "items": _choice(SCOPES),
            "minItems": 1,
            "maxItems": len(SCOPES),
            "uniqueItems": True,
        },
    },
    ("legal_entity_id", "user_id", "role", "scopes"),
)
DICTIONARY: Schema = {
    "type": "object",
    "additionalProperties": _line(),
    "propertyNames": {"pattern": "^[A-Za-z0-9_.:-]{1,64}$"},
    "minProperties": 1,
    "maxProperties": 20_000,
}

_INSERTED = {"inserted_at": {"type": "string", "format": "date-time"}, "inserted_by": UUID}
_RECORD = {**_INSERTED, "updated_at": {"type": "string", "format": "date-time"}, "updated_by": UUID}
_OUT = {**_NEEDED, **_OPTIONAL_OR_NULL}
STATUS_ROW = shown({"id": UUID, "equipment_id": UUID, "status": _choice(EQUIPMENT_STATUSES), **_INSERTED})
EQUIPMENT = shown(
    {
        "id": UUID,
        **_OUT,
        "legal_entity_id": UUID,
        "division_id": _or_null(UUID),
        "status": _choice(EQUIPMENT_STATUSES),
        "is_active": {"type": "boolean"},
        "names": {"type": "array", "items": shown({"id": UUID, **_NAME["properties"], **_INSERTED})},
        "divisions": {
            "type": "array",
            "items": shown(
                {
                    "id": UUID,
                    "division_id": UUID,
                    "division_name": _text(),
                    "status": _choice(DIVISION_STATUSES),
                    "is_active": {"type": "boolean"},
                    **_RECORD,
                },
            ),
        },
        **_RECORD,
    },
)
LEGAL_ENTITY = shown(
    {
        "id": UUID,
        **_LEGAL_ENTITY,
        "status": _choice(LEGAL_ENTITY_STATUSES),
        "is_active": {"type": "boolean"},
        **_RECORD,
    },
)
DIVISION = shown(
    {
        "id": UUID,
        "legal_entity_id": UUID,
        "name": _text(),
        "status": _choice(DIVISION_STATUSES),
        "is_active": {"type": "boolean"},
        **_RECORD,
    },
)
CLIENT = shown(
    {
        "id": UUID,
        "legal_entity_id": UUID,
        "user_id": UUID,
        "role": _choice(ROLES),
        "scopes": {"type": "array", "items": _choice(SCOPES)},
        "is_active": {"type": "boolean"},
        "client_secret": {"type": "string", "description": "only in the answer of the creation"},
        **_RECORD,
    },
    "client_secret",
)
CODE = shown({"code": _text(64), "description": _text(), "is_active": {"type": "boolean"}})
LOADED = shown({name: {"type": "integer"} for name in ("added", "changed", "retired")})
_TEXT: Schema = {"type": "string"}
_SCOPES: Schema = {"type": "array", "items": {"type": "string", "enum": list(SCOPES)}}
CURRENT_USER = shown({"user_id": UUID, "legal_entity_id": UUID, "role": _TEXT, "scopes": _SCOPES})
PERMISSIONS: Schema = {"type": "array", "items": _TEXT}
PERMISSION = shown({"canDo": {"type": "boolean"}, "exceptions": {"type": "array", "items": _TEXT}})

# What the document shows of each body.
EXAMPLES: dict[str, Schema] = {
    "createEquipment": {
        "type": "XRAY",
        "name": "Mobile X-ray Nr. 7",
        "external_id": "INV-0007",
        "manufacturer": "Acme Imaging",
        "manufacture_date": "2024-03-01",
        "udi": [{"value": "04012345678901", "type": "GS1", "assigner_name": "GS1"}],
        "names": [{"name": "Rolling Betty", "type": "user-friendly"}],
        "division_id": "018f4c1e-7b1a-7c3e-9a52-0d6f1b2c3d4e",
    },
    "updateEquipment": {"note": "new tube", "expiration_date": "2034-03-01"},
    "changeEquipmentDivision": {"division_id": None},
    "createLegalEntity": {"name": "City Hospital", "type": "MSP", "edrpou": "12345678"},
    "updateLegalEntity": {"name": "City Hospital Nr. 1"},
    "createDivision": {"name": "Radiology"},
    "updateDivision": {"name": "Radiology and nuclear medicine"},
    "createClient": {
        "legal_entity_id": "018f4c1e-7b1a-7c3e-9a52-0d6f1b2c3d4e",
        "user_id": "018f4c1e-7b1a-7c3e-9a52-0d6f1b2c3d4f",
        "role": "OWNER",
        "scopes": ["equipment:read", "equipment:write"],
    },
    "loadDictionary": {"XRAY": "X-ray system"},
}
