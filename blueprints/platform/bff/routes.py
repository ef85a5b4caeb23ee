"""URL map of the BFF, the same in every realm (rules-platform §5.1); the routes are bare."""
from typing import Any

from flask import Response, request

from app.actor import Actor
from app.data.reads.read_request import ReadRequest
from app.errors import InvalidInput
from app.http.declaration import Routes
from app.http.envelope import json_response
from app.http.idempotency import answered_once
from app.http.request import argument, flag_argument, json_body, path_id
from app.http.schemas import load
from blueprints.platform.bff import commands, documents, queries
from blueprints.platform.bff.answers import counted, groups_shown, listed, row_shown, saved_filters
from blueprints.platform.bff.indexes import index_for
from blueprints.platform.bff.policies import POLICIES
from blueprints.platform.bff.rules import ListRequest, fields_in, filters_of, names_in, read_list, read_search, wrong
from blueprints.platform.bff.schemas import NewSavedFilter

api = Routes(POLICIES)


def _list_request() -> ListRequest:
    return read_list({name: argument(name) for name in documents.LIST_PARAMETERS})


def _joins() -> ReadRequest:
    return ReadRequest(flag_argument("getJoins", True), flag_argument("excludeCQRS", False))


@api.system("/{indexName}/list", name="listIndex", **documents.LIST)
def list_index(actor: Actor, index_name: str) -> Response:
    """List the rows of a data object that the caller sees."""
    asked = _list_request()
    return listed(actor, asked, {}, queries.list_rows_of(actor, index_name, asked, {}, _joins()))


@api.system("/{indexName}/list", name="listIndexByPost", method="POST", **documents.LIST_BY_POST)
def list_index_by_post(actor: Actor, index_name: str) -> Response:
    """List those of them that fulfil filters."""
    asked, said = _list_request(), filters_of(json_body())
    return listed(actor, asked, said, queries.list_rows_of(actor, index_name, asked, said, _joins()))


@api.system("/{indexName}/count", name="countIndex", **documents.COUNT)
def count_index(actor: Actor, index_name: str) -> Response:
    """Count the rows of a data object that the caller sees."""
    return counted(*queries.count_rows_of(actor, index_name, _list_request(), {}))


@api.system("/{indexName}/count", name="countIndexByPost", method="POST", **documents.COUNT_BY_POST)
def count_index_by_post(actor: Actor, index_name: str) -> Response:
    """Count those of them that fulfil filters."""
    return counted(*queries.count_rows_of(actor, index_name, _list_request(), filters_of(json_body())))


@api.system("/search", name="searchIndexes", **documents.SEARCH)
def search_indexes(actor: Actor) -> Response:
    """Look for words in several data objects at once; the answer is grouped by object."""
    asked = read_search({name: argument(name) for name in documents.SEARCH_PARAMETERS})
    return groups_shown(actor, queries.search_all(actor, asked, _joins()))


@api.system("/suggest", name="suggestWords", **documents.SUGGEST)
def suggest_words(actor: Actor) -> dict[str, Any]:
    """Tell what a text that is being typed may become, by index."""
    text, names = argument("q") or "", names_in(argument("indexes"))
    return {"status": "OK", "statusCode": 200, "suggestions": queries.suggest_words(actor, text, names)}


@api.system("/{indexName}/schema", name="getIndexSchema", **documents.SCHEMA)
def get_schema(actor: Actor, index_name: str) -> dict[str, Any]:
    """Tell what the caller may filter and sort by."""
    return {"status": "OK", "statusCode": 200, **queries.schema_of(actor, index_name)}


@api.system("/{indexName}/filters", name="listSavedFilters", **documents.SAVED_FILTERS)
def list_saved_filters(actor: Actor, index_name: str) -> dict[str, Any]:
    """List the filters that the caller keeps for a data object."""
    asked = read_list({name: argument(name) for name in ("page", "limit")})
    if asked.faults:
        raise InvalidInput(wrong(asked.faults), detail=asked.faults)
    return saved_filters(asked, queries.list_saved_filters(actor, index_name, asked.page, asked.limit))


@api.system("/{indexName}/filters", name="saveFilter", method="POST", body=NewSavedFilter, **documents.SAVE_FILTER)
def save_filter(actor: Actor, index_name: str) -> Response:
    """Keep filters under a name."""
    data = load(NewSavedFilter(), json_body())
    conditions = data.get("conditions", data.get("filters"))
    if conditions is None:
        raise InvalidInput("conditions: is required", detail={"conditions": "is required"})
    return answered_once(actor, "saveFilter", request.get_data(), lambda: json_response(
        {"status": "OK", "statusCode": 201,
         **commands.save_filter(actor, index_name, data["filter_name"], conditions)}, 201))


@api.system("/{indexName}/filters/{filterId}", name="deleteSavedFilter", method="DELETE", **documents.DELETE_FILTER)
def delete_saved_filter(actor: Actor, index_name: str, filter_id: str) -> dict[str, Any]:
    """Keep a filter no longer."""
    commands.delete_saved_filter(actor, index_name, path_id("filterId", filter_id))
    return {"status": "OK", "statusCode": 200, "message": "Filter deleted"}


@api.system("/{indexName}/{rowId}", name="getIndexRow", **documents.ROW)
def get_row(actor: Actor, index_name: str, row_id: str) -> Response:
    """Get one row of a data object."""
    index = index_for(actor, index_name)
    faults: dict[str, str] = {}
    fields = fields_in({"fields": argument("fields")}, faults)
    if faults:
        raise InvalidInput(wrong(faults), detail=faults)
    return row_shown(index, queries.get_row_of(index, path_id("rowId", row_id), _joins(), fields))
