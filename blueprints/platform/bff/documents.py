"""What the OpenAPI document tells of the BFF's routes (rules-platform §5)."""
from typing import Any

from app.http.openapi import IDEMPOTENCY_KEY, answer, parameter, request_body
from app.search.rows import ASKED_BEGINNING, HIGHLIGHTS, MANNER, SUGGESTED
from blueprints.platform.bff.rules import LONGEST_GROUP, LONGEST_PAGE, USUAL_GROUP, USUAL_PAGE

Document = dict[str, Any]

_WHOLE: Document = {"type": "integer"}
_PERHAPS_WHOLE: Document = {"type": ["integer", "null"]}
_PAGE: Document = {
    "page": ({"type": "integer", "minimum": 1, "default": 1}, "within the first 10,000 rows"),
    "limit": ({"type": "integer", "minimum": 1, "maximum": LONGEST_PAGE, "default": USUAL_PAGE}, "rows per page")}
_ORDER: Document = {
    "sortBy": ({"type": "string", "default": "createdAt"}, "one of `sortableFields` of the schema"),
    "sortOrder": ({"type": "string", "enum": ["asc", "desc"], "default": "asc"},
                  "rows without a value come last either way, equal ones by id"),
    "sort": ({"type": "string"}, "one of `sorts` of the schema, in place of sortBy and sortOrder: relevance (with q), "
             "newest, priceAscending, priceDescending (within one currency), endingSoonest (what still runs)"),
    "after": ({"type": "string"}, "`next` of the page before: begins behind its last row, in place of page"),
    "facets": ({"type": "string"}, "some of `facetFields` of the schema, with commas between"),
    "highlight": ({"type": "boolean", "default": False}, "true: the answer says in `highlights` where the words stand"),
    "fields": ({"type": "string"}, "some of `rowFields` of the schema, with commas between: of each row these alone, "
               "and its id"),
    "getJoins": ({"type": "boolean", "default": True}, "false leaves associated objects out")}
_WORDS: Document = {"q": ({"type": "string"}, "words, the last may be a beginning")}
LIST_PARAMETERS = ("page", "limit", "sortBy", "sortOrder", "q", "after", "facets", "sort", "fields", "highlight")
_FILTERS: Document = {
    "type": "object", "additionalProperties": True,
    "description": "a map of property to condition, all of which must hold; or an object with that map as `filters`"}
_EXAMPLE: Document = {"filters": {"createdAt": {"operator": "range", "values": ["2026-01-01", None]}}}
_PAGED: Document = {
    "status": {"const": "OK"}, "statusCode": {"const": 200}, "total": _WHOLE, "totalPage": _WHOLE,
    "currentPage": _WHOLE, "nextPage": _PERHAPS_WHOLE, "prevPage": _PERHAPS_WHOLE,
    "pageItem": _WHOLE | {"description": "how many items this page has"}}
_MANNER: Document = MANNER | {"degraded": {
    "type": "boolean", "const": True, "description":
    "there where words were looked for in the newest 10,000 rows alone, without relevance"}, "atLeast": {
    "type": "boolean", "const": True, "description":
    "there where more than 10,000 rows hold the words, or would have to be looked through: total and facets count "
    "among the best, or newest, 10,000; of a search, which looks through so many in all indexes together, among fewer"}}
_TOTAL_AGE: Document = {"X-Total-Age": "how many ms ago total, or the oldest facet, was counted; only where rows "
                             "may have changed since"}


def _object(required: Document, **more: Document) -> Document:
    return {"type": "object", "required": list(required), "properties": required | more}


def _queries(*groups: Document) -> list[Document]:
    return [parameter("query", name, *said) for group in groups for name, said in group.items()]


_LISTED = {"200": answer(_object(
    _PAGED | {"items": {"type": "array", "items": {"type": "object"}},
              "filters": {"type": "array", "items": {"type": "object"}},
              "next": {"type": ["string", "null"], "description": "`after` of the next page; null at the end"}},
    facets={"type": "object", "description":
            "of each facet value → count, or min and max, of amounts with their currency"},
    **HIGHLIGHTS, **_MANNER),
    headers=_TOTAL_AGE)}
_COUNTED = {"200": answer(_object({"status": {"const": "OK"}, "statusCode": {"const": 200}, "total": _WHOLE},
                                  **_MANNER), headers=_TOTAL_AGE)}
_STRINGS: Document = {"type": "array", "items": {"type": "string"}}
_BODY = request_body(_FILTERS, example=_EXAMPLE) | {"required": False}
LIST: Document = {"parameters": _queries(_PAGE, _ORDER, _WORDS), "responses": _LISTED}
LIST_BY_POST: Document = LIST | {"request_body": _BODY}
COUNT: Document = {"parameters": _queries(_WORDS), "responses": _COUNTED}
COUNT_BY_POST: Document = COUNT | {"request_body": _BODY}
SEARCH_PARAMETERS = ("q", "indexes", "limit", "highlight")
SEARCH: Document = {
    "parameters": _queries({
        "q": ({"type": "string"}, "required: words, the last may be a beginning"),
        "indexes": ({"type": "string"}, "indexes with commas between; all that have words without"),
        "limit": ({"type": "integer", "minimum": 1, "maximum": LONGEST_GROUP, "default": USUAL_GROUP},
                  "rows of each index"), "highlight": _ORDER["highlight"], "getJoins": _ORDER["getJoins"]}),
    "responses": {"200": answer(_object({
        "status": {"const": "OK"}, "statusCode": {"const": 200}, "groups": {"type": "array", "items": _object({
            "indexName": {"type": "string"}, "total": _WHOLE, "items": {"type": "array", "items": {"type": "object"}}},
            **HIGHLIGHTS, **_MANNER)}}))}}
SUGGEST: Document = {
    "parameters": _queries({
        "q": ({"type": "string"}, ASKED_BEGINNING),
        "indexes": ({"type": "string"}, "indexes with commas between; all whose words are suggested without")}),
    "responses": {"200": answer(_object(
        {"status": {"const": "OK"}, "statusCode": {"const": 200}, "suggestions": SUGGESTED}))}}
SCHEMA: Document = {"responses": {"200": answer(_object(
    {"status": {"const": "OK"}, "statusCode": {"const": 200}, "filtirableFields": _STRINGS,
     "filterableFields": _STRINGS, "sortableFields": _STRINGS, "facetFields": _STRINGS, "wordFields": _STRINGS,
     "sorts": _STRINGS, "rowFields": _STRINGS,
     "fields": {"type": "object", "description": "type and operators of each filterable property"}}))}}
ROW: Document = {
    "parameters": _queries({name: _ORDER[name] for name in ("fields", "getJoins")}),
    "responses": {"200": answer(_object(
        {"status": {"const": "OK"}, "statusCode": {"const": 200},
         "dataName": {"type": "string", "description": "the member that holds the row: the object's name"}}))}}
_SAVED: Document = _object({
    "id": {"type": "string", "format": "uuid"}, "userId": {"type": "string", "format": "uuid"},
    "indexName": {"type": "string"}, "filterName": {"type": "string"}, "conditions": {"type": "object"},
    "createdAt": {"type": "string", "format": "date-time"}})
SAVED_FILTERS: Document = {"parameters": _queries(_PAGE), "responses": {"200": answer(_object(
    _PAGED | {"items": {"type": "array", "items": _SAVED}}))}}
SAVE_FILTER: Document = {
    "parameters": [IDEMPOTENCY_KEY],
    "responses": {
        "201": answer({"allOf": [_object({"status": {"const": "OK"}, "statusCode": {"const": 201}}), _SAVED]}),
        "409": answer({"$ref": "#/components/schemas/ApiError"}, "The same Idempotency-Key is in flight")}}
DELETE_FILTER: Document = {"responses": {"200": answer(_object(
    {"status": {"const": "OK"}, "statusCode": {"const": 200}, "message": {"const": "Filter deleted"}}))}}
