"""Nothing a client puts into an address, a query or a header is a failure of ours, at any route of any service."""
from collections.abc import Sequence
from urllib.parse import quote
from zlib import crc32

import pytest
from flask import Flask

from tests.clients import ApiClient
from tests.contract.fronts import Front, each_world
from tests.contract.hostile import AUTHORIZATIONS, CONTENT_TYPES, HEADERS, ORIGINS, PATH_TEXTS, QUERY_TEXTS
from tests.contract.surface import Operation
from tests.contract.verdict import events, is_error
from tests.passes import share

FEW = 32
"""A place in a path, a query or a head is tried with one hostile text in so many, its neighbours with the others."""
# What every read takes is read by the same lines of the kernel: each is asked for one, its neighbours for the others.
COMMON = ("getJoins", "excludeCQRS", "requestId", "caching", "cacheTTL", "pageNumber", "pageRowCount", "access_token")
STRANGE_QUERIES = ("pageNumber=999999999&pageRowCount=1000", "page=9999999&page_size=300", "page=1000000&pageSize=200",
                   "%", "%zz=%zz", "&&&===", "a[]=1&a[b]=2", "%00=%00", quote("\x00\x01\x7f"), "%ff=%ff", "?" * 200,
                   "&".join(f"x{number}=1" for number in range(3000)))
METHODS = ("HEAD", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "X" * 100)

sweep = pytest.mark.sweep("every address, query and header of every service: PostgreSQL is the stricter judge")


@pytest.mark.slow
@each_world
@sweep
def test_no_text_in_a_path_is_a_failure(fronts: list[Front]) -> None:
    for number, front in enumerate(fronts):
        holes = ((operation, name) for operation in front.operations for name in operation.places)
        for place, (operation, name) in enumerate(holes):
            for text in share(PATH_TEXTS, place, len(PATH_TEXTS)):
                front.call(operation, front.url(operation, **{name: text}))
        for text in share(PATH_TEXTS, number):
            for path in (f"/{text}", f"/v1/{text}", f"/permissions/{text}", f"/swagger-assets/{text}"):
                front.judge(front.caller.get(front.mount + path), path[:60])
        assert not front.faults, "\n".join(front.faults)


@pytest.mark.slow
@each_world
@sweep
def test_no_text_in_a_query_is_a_failure(fronts: list[Front]) -> None:
    for front in fronts:
        for number, operation in enumerate(front.reads, start=crc32(front.mount.encode())):
            url = front.url(operation)
            own = [name for name in operation.queries if name not in COMMON]
            for place, name in enumerate((*own, *share(COMMON, number, len(COMMON))), start=number):
                for text in share(QUERY_TEXTS, place, FEW):
                    front.call(operation, f"{url}?{name}={text}", said=f"{name}={text[:60]}")
            several = "&".join(f"{name}=a&{name}=b" for name in operation.queries)
            for query in (*share(STRANGE_QUERIES, number), several):
                front.call(operation, f"{url}?{query}", said=query[:60])
        assert not front.faults, "\n".join(front.faults)


@pytest.mark.slow
@each_world
@sweep
def test_no_header_is_a_failure(fronts: list[Front]) -> None:
    """What removes something comes last: the services of a realm stand in one world."""
    for removes in (False, True):
        for front in fronts:
            front.forget_what_was_written()
            try_headers(front, [one for one in front.operations if (one.method == "DELETE") is removes])
            assert not front.faults, "\n".join(front.faults)


def try_headers(front: Front, operations: Sequence[Operation]) -> None:
    for place, operation in enumerate(operations, start=crc32(front.mount.encode())):
        for headers in share(HEADERS, place, FEW):
            front.call(operation, headers=headers, said=repr(headers)[:100])
        for authorization in share(AUTHORIZATIONS, place, FEW):
            answer = front.call(operation, headers={"Authorization": authorization}, said=authorization[:60])
            assert operation.public or answer.status_code == 401, (operation.name, authorization, answer.text)
        for content_type in share(CONTENT_TYPES, place):
            front.call(operation, data=b"{}", headers={"Content-Type": content_type}, said=content_type[:60])


@each_world
@sweep
def test_no_method_is_a_failure(fronts: list[Front]) -> None:
    for front in fronts:
        for place, operation in enumerate(front.operations):
            for method in share(METHODS, place, 3):
                answer = front.caller.request(method, front.url(operation))
                assert method in ("HEAD", "OPTIONS") or answer.status_code == 405, (operation.name, method, answer.text)
                front.judge(answer, f"{method} {operation.name}")
        assert not front.faults, "\n".join(front.faults)


def test_no_origin_of_a_write_by_cookie_is_a_failure(app: Flask, as_super_admin: ApiClient) -> None:
    cookie, before = {"Cookie": f"ebaycclone-access-token={as_super_admin.token}"}, events()
    for origin in ORIGINS:
        for name in ("Origin", "Referer"):
            answer = ApiClient(app).post("/marketplace/categorymanagement-api/v1/categories", json={"title": "x"},
                                         headers=cookie | {name: origin})
            assert answer.status_code == 403, (name, origin, answer.text)
            assert is_error(answer)
    assert events() == before
