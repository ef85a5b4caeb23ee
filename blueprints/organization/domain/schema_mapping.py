"""How the next version of a schema file says what becomes of a record of the version before: its member `x-upgrade`."""
from collections.abc import Mapping
from typing import Any

from blueprints.organization.domain.documents import Document

MEMBER = "x-upgrade"
_NOTHING = object()


def mapped(properties: Document, mapping: Mapping[str, Any]) -> Document:
    """Return the properties as `mapping` changes them; what is not there stays away.

    In this order: `values` replaces texts ({"status": {"closed": "dissolved"}}), `drop` removes (["duns"]), `rename`
    moves ({"telephone": "contact.telephone"}). A name is that of a property, or a path of members with dots. Nothing
    is overwritten: where a place is taken nothing is moved, and the new schema judges what is left."""
    document: Document = _copied(properties)
    for path, changes in mapping.get("values", {}).items():
        value = _taken(document, path)
        if value is not _NOTHING:
            _is_put(document, path, changes.get(value, value) if isinstance(value, str) else value)
    for path in mapping.get("drop", ()):
        _taken(document, path)
    unmoved: Document = _copied(document)
    taken = [(target, _taken(document, source)) for source, target in mapping.get("rename", {}).items()]
    are_moved = all(_is_put(document, target, value) for target, value in taken if value is not _NOTHING)
    return document if are_moved else unmoved


def complaints_about_mapping(mapping: object, properties: Mapping[str, Any], former: Mapping[str, Any]) -> list[str]:
    """Return why `mapping` cannot bring records with the properties `former` to those of the new version."""
    if not isinstance(mapping, dict):
        return [f"{MEMBER} is an object."]
    said = [f"{MEMBER} has values, drop and rename only, not {name}."
            for name in sorted(set(mapping) - {"values", "drop", "rename"})]
    values, drop, rename = mapping.get("values", {}), mapping.get("drop", []), mapping.get("rename", {})
    if not _is_table(values, dict) or not all(_is_table(changes, str) for changes in values.values()):
        return [*said, "values is an object: by property, the text to put in place of each text."]
    if not isinstance(drop, list) or not all(isinstance(path, str) for path in drop) or not _is_table(rename, str):
        return [*said, "drop is a list of properties, rename an object: by property, its new name."]
    said += [f"{path} is no property of the version before." for path in (*values, *drop, *rename)
             if path.split(".")[0] not in former]
    return said + [f"{path} is no property of this version." for path in rename.values()
                   if path.split(".")[0] not in properties]


def _is_table(value: object, kind: type) -> bool:
    return isinstance(value, dict) and all(isinstance(member, kind) for member in value.values())


def _copied(value: Any) -> Any:
    return {name: _copied(member) for name, member in value.items()} if isinstance(value, dict) else value


def _taken(document: Document, path: str) -> Any:
    """Remove what stands at the path, and objects that it leaves empty; returns it, or _NOTHING."""
    name, _, rest = path.partition(".")
    if not rest:
        return document.pop(name, _NOTHING)
    inner = document.get(name)
    if not isinstance(inner, dict):
        return _NOTHING
    value = _taken(inner, rest)
    if value is not _NOTHING and not inner:
        del document[name]
    return value


def _is_put(document: Document, path: str, value: Any) -> bool:
    """Put the value at the path, with the objects on the way; False where something stands in the way."""
    name, _, rest = path.partition(".")
    if not rest:
        return document.setdefault(name, value) is value
    inner = document.get(name, {})
    if not isinstance(inner, dict) or not _is_put(inner, rest, value):
        return False
    document[name] = inner
    return True
