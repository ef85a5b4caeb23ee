"""The answers of the BFF: paging at the root (rules-platform §5.2), rows with the files that the caller may read."""
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from flask import Response

from app.actor import Actor
from app.data.reads import Listing
from app.data.reads.totals import Outdated
from app.data.serialization import Wire
from app.http.envelope import json_response
from app.http.private_files import with_read_tokens
from blueprints.platform.bff.indexes import CallersIndex
from blueprints.platform.bff.queries import Found, Group
from blueprints.platform.bff.rules import ListRequest, echo_of, page_facts


def listed(actor: Actor, asked: ListRequest, said: Mapping[str, Any] | None, found: Found) -> Response:
    """Return the answer of a list, with its filters as they were asked."""
    items = orjson.Fragment(with_read_tokens(actor, found.index.model, orjson.dumps(found.rows)))
    body = {"status": "OK", "statusCode": 200, **page_facts(asked, found.total, len(found.rows)),
            "next": found.next, "items": items, "filters": echo_of(said)}
    if asked.facets:
        body["facets"] = found.facets
    if found.highlights is not None:
        body["highlights"] = found.highlights
    body |= found.manner
    return json_response(orjson.dumps(body), headers=_age(found.outdated))


def counted(total: int, outdated: Outdated | None, manner: Mapping[str, Any]) -> Response:
    """Return the answer of a count, with the age of the total where it may be old."""
    return json_response({"status": "OK", "statusCode": 200, "total": total, **manner}, headers=_age(outdated))


def _age(outdated: Outdated | None) -> dict[str, str] | None:
    return None if outdated is None else {"X-Total-Age": str(outdated.age_ms)}


def groups_shown(actor: Actor, groups: Sequence[Group]) -> Response:
    """Return the answer of a search: what was found, by index."""
    return json_response(orjson.dumps({"status": "OK", "statusCode": 200, "groups": [
        {"indexName": group.index.name, "total": group.total,
         "items": orjson.Fragment(with_read_tokens(actor, group.index.model, orjson.dumps(group.rows))),
         **group.manner, **({} if group.highlights is None else {"highlights": group.highlights})}
        for group in groups]}))


def row_shown(index: CallersIndex, row: Wire) -> Response:
    """Return the answer of a get: the row under the name of its object, or of the view."""
    shown = orjson.Fragment(with_read_tokens(index.actor, index.model, orjson.dumps(row)))
    version = row.get("recordVersion")
    return json_response(orjson.dumps({"status": "OK", "statusCode": 200, "dataName": index.name, index.name: shown}),
                         headers={} if version is None else {"ETag": f'"{version}"'})


def saved_filters(asked: ListRequest, listing: Listing) -> dict[str, Any]:
    """Return the answer of a page of kept filters."""
    return {"status": "OK", "statusCode": 200, **page_facts(asked, listing.total, len(listing.rows)),
            "items": listing.rows, "filters": []}
