"""JSON answers are sent as they are; HEAD keeps the headers and drops the body."""

from tests.clients import ApiClient


def test_a_get_is_answered_with_its_length_and_type(client: ApiClient) -> None:
    answer = client.get("/")

    assert answer.headers["Content-Type"] == "application/json"
    assert int(answer.headers["Content-Length"]) == len(answer.data) > 0


def test_a_head_is_answered_with_the_same_headers_and_no_body(client: ApiClient) -> None:
    asked, headed = client.get("/"), client.request("HEAD", "/")

    assert headed.data == b""
    assert headed.headers["Content-Length"] == asked.headers["Content-Length"]
    assert headed.status_code == asked.status_code
