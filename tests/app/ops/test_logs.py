"""Logs are JSON and never show a secret."""
import logging
import sys

import orjson
import pytest

from app.ops.logs import MASK, JsonFormatter, redact, redact_fields


@pytest.mark.parametrize(("text", "secret"), [
    ("GET /v1/users?access_token=abc.def-123&pageNumber=2", "abc.def-123"),
    ('{"password": "hunter two", "email": "a@b.test"}', "two"),
    ("{'secretCode': '123456'}", "123456"),
    ("Authorization: Bearer abc.def", "abc.def"),
    ("ebaycclone-access-token=xyz-1; Path=/", "xyz-1"),
    ("token eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln was refused", "eyJhbGci"),
    ("cannot reach postgresql://guildhall:pa55@db/guildhall", "pa55"),
    ("cannot reach postgresql://guildhall:p@ss-word@db/guildhall", "ss-word"),
    ('{"accessToken": "0paque", "userId": 7}', "0paque"),
    ("refresh_token: 0paque", "0paque"),
    ("POST /oauth/token?token=0paque&x=1", "0paque"),
    ("X-Api-Key: 0paque", "0paque"),
    ("Authorization: Token 0paque", "0paque"),
    ('{"newPassword": "hunter\\" two", "x": 1}', "two"),
    ("stripe said no to sk_test_51Habcdefgh", "sk_test"),
])
def test_a_secret_never_reaches_the_log(text: str, secret: str) -> None:
    shown = redact(text)
    assert secret not in shown
    assert MASK in shown


def test_what_is_no_secret_is_left_alone() -> None:
    for text in ("GET /marketplace/auth-api/v1/users?pageNumber=2 answered 200 in 3 ms",
                 "at http://127.0.0.1:8000/a@b, 3 tokens left"):
        assert redact(text) == text


def test_members_named_like_secrets_are_masked_at_any_depth() -> None:
    fields = {"user": {"email": "a@b.test", "password": "x"}, "tokens": [], "items": [{"secretCode": "1"}]}
    assert redact_fields(fields) == {"user": {"email": "a@b.test", "password": MASK}, "tokens": MASK,
                                     "items": [{"secretCode": MASK}]}


def test_a_record_is_one_line_of_json_with_its_fields_and_its_error() -> None:
    try:
        raise ValueError("password=hunter2")
    except ValueError:
        record = logging.LogRecord("guildhall.x", logging.ERROR, __file__, 1, "failed %s", ("here",), sys.exc_info())
    record.fields = {"status": 500}
    line = JsonFormatter("web").format(record)
    told = orjson.loads(line)
    assert "\n" not in line
    assert told["message"] == "failed here"
    assert told["level"] == "ERROR"
    assert told["process"] == "web"
    assert told["status"] == 500
    assert "ValueError" in told["error"]
    assert "hunter2" not in line
