"""What a client can think of: values as raw JSON, texts for paths and queries, headers."""
import base64
import json
from typing import Any

from tests.contract.surface import Field

HOLE = "@@hole@@"
SOME_ID = "018f4c1e-7b1a-7c3e-9a52-0d6f1b2c3d4e"
DEEP = "[" * 40 + "]" * 40
BOTTOMLESS = '{"a":' * 2000 + "1" + "}" * 2000

# Whatever is asked for, these are not it; the whole body is refused because it is no JSON at all.
NO_JSON = ("NaN", "-Infinity", "Infinity", "1e400", "-1e400", '"\\ud800"', '"a\\udfffb"', "'a'", "undefined", "01",
           "1.", '"\t"', '"\\x41"', BOTTOMLESS, "\x00", '{"a":1,}', '"\\u12"')
NO_OBJECTS = (b"{", b"[]", b'"x"', b"5", b"null", b"true", b"\xff\xfe{\x00}\x00", b"\xef\xbb\xbf{}", b"[" * 5000, b" ",
              b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xab\xae\x05\x00\x43\xbf\xa6\xa3\x02\x00\x00\x00", b"a=1&b=2",
              b"{}{}")

# Well-formed; the answer depends on the field, but it is never a failure.
ODD = (
    "null", '""', '"   "', '"\\u0000"', '"a\\u0000b"', '"\\u202e\\u200b\\ufeff"', '"\\ud834\\udd1e"',
    json.dumps("x" * 300), json.dumps("İ" * 250), json.dumps("x" * 70_000),
    '"\' OR 1=1; --"', '"%s%n{{7*7}}${7*7}<script>"', '"٣"', '"../../etc/passwd"', '"a\\r\\nSet-Cookie: b=c"',
    "true", "false", "0", "-0", "-0.0", "-1", "1.5", "0.1234567", "0.30000000000000004", "1e-400", "5e-324",
    "9007199254740993", "2147483647", "2147483648", "9223372036854775807", "9223372036854775808",
    "18446744073709551616", "-9223372036854775809", "1e12", "1e15", "1e20", "1e308",
    "1" + "0" * 300, "[]", "[null]", "[[]]", "{}", '{"":""}', '{"a":{"$ne":null}}', '{"a":1e308,"b":1e20}',
    '{"a":1,"a":2}', '{"a\\u0000b":1}', '{"__proto__":{"x":1},"constructor":1}', DEEP, '{"a":' + DEEP + "}",
    '{"a":18446744073709551616}', '{"a":-9223372036854775809}', '{"a":1e-400,"b":-0.0}',
    f'"{SOME_ID}"', f'["{SOME_ID}","{SOME_ID}"]', json.dumps([SOME_ID] * 101), '"{}"', '"{\\"a\\":1e999}"', '"[1"',
    '"2026-01-31T12:00:00.000Z"', '"0001-01-01T00:00:00Z"', '"9999-12-31T23:59:59.999Z"', '"2026-W05-6"', '"20260131"',
    '"USD"', '"usd"', '"JPY"', '"KWD"', '"XXX"', '"PRODUCT"', '"ACTIVE"',
)

NO_MOMENTS = ('"2026-13-01"', '"2026-02-30T00:00:00Z"', '"10000-01-01T00:00:00Z"', '"0000-01-01"', '"yesterday"',
              '"0001-01-01T00:00:00+14:00"', '"9999-12-31T23:59:59.999-14:00"', '"2026-01-31T25:00:00Z"',
              '"2026-01-31T12:00:00+99:99"', '"٢٠٢٦-01-31"', "20260131", "true", "[]", "{}")

# By kind of field: what must be refused, naming the field.
WRONG: dict[str, tuple[str, ...]] = {
    "id": ('"nope"', f'"{SOME_ID.replace("-", "")}"', f'"{SOME_ID[:-1]}٣"', f'"{SOME_ID}\\u0000"', f'"{SOME_ID}x"',
           "5", "true", "[]", "{}"),
    "instant": NO_MOMENTS,
    "number": ('"5"', '"NaN"', "true", "[]", "{}", "-1", "1e308", "1e15"),
    "integer": ('"5"', "1.5", "true", "[]", "{}", "2147483648", "9223372036854775808", "-9223372036854775809"),
    "flag": ('"true"', "0", "1", '"no"', "[]", "{}"),
    "choice": ('"NO SUCH OPTION"', '"\\u0000"', "5", "true", "[]", "{}"),
    "list": ('"[]"', "5", "true", "{}"),
    "lines": ("5", "true", "{}", "[5]", "[null]", '[["a"]]', '"a\\u0000b"'),
    "objects": ("5", "true", '"no object"', '["a"]', "[5]", "[[]]", "[null]", '"[1"'),
    "object": ("5", "true", "[]", '"[]"', '"no object"'),
    "text": ("5", "1.5", "true", "[]", "{}", '"\\u0000"', '"a\\u0000b"'),
    "password": ("5", "1.5", "true", "[]", "{}", '""'),
}


def wrong_values(field: Field) -> tuple[str, ...]:
    """Return what the field must refuse."""
    if field.ignored:
        return ()
    too_long = (json.dumps("x" * (field.most + 1)),) if field.kind == "text" and field.most else ()
    return tuple(raw for raw in WRONG[field.kind] if not _fits(raw, field)) + too_long


def _fits(raw: str, field: Field) -> bool:
    """Return whether the field takes it all the same: positions of events are integers of more than 32 bits."""
    return field.kind == "integer" and field.highest is not None and raw.isdigit() and int(raw) <= field.highest


def odd_values(field: Field) -> tuple[str, ...]:
    """Return what the field may take or refuse, its longest texts in characters of several bytes among them."""
    longest = tuple(json.dumps(letter * field.most) for letter in ("é", "𝄞", "İ")) if field.most else ()
    return ODD + NO_MOMENTS + longest


def with_value(body: dict[str, Any], field: Field, raw: str) -> bytes:
    """Return the body as bytes with raw JSON in the field's place."""
    holed = json.loads(json.dumps(body))
    target = holed
    for step, following in zip(field.place, field.place[1:], strict=False):
        if isinstance(step, int):
            if not target:
                target.append({})
        elif not isinstance(target.get(step), dict | list):
            target[step] = [] if isinstance(following, int) else {}
        target = target[step]
    target[field.place[-1]] = HOLE
    return json.dumps(holed).replace(json.dumps(HOLE), raw).encode("utf-8", "surrogatepass")


# For paths, after the mount: what is no id and no name of anything.
PATH_TEXTS = ("%00", "a%00b", "%ff", "%ff%fe", "%ed%a0%80", "%D9%A3", "x" * 3000, "%2e%2e%2f%2e%2e", "%0d%0aX:y",
              "%25%30", "null", "-1", "%F0%9D%84%9E", "'", "%22", "{}", "a%2Fb", "%C4%B0" * 250)

QUERY_TEXTS = ("", "%00", "%ff", "%ed%a0%80", "%D9%A3", "1_000", "+1", "-1", "0", "1e9", "99999999999999999999999",
               "NaN", "1e999999", "-1e999999999", "Infinity", "sNaN", "x" * 10_000, ",".join("a" * 3000), "," * 3000,
               ",".join([SOME_ID] * 3000), ",".join(["1"] * 3000), ",".join(["2026-01-31"] * 3000), "null", "null,null",
               "true", "TRUE", "[]", "{}", "2026-13-01", "0001-01-01T00:00:00%2B14:00", "9999-12-31T23:59:59-14:00",
               "10000-01-01", SOME_ID, "'", "%22", "*", "a*", "%25", "_", "%5C", "AND", "%22a", "(", "a:b", "%E2%80%AE")

HEADERS: tuple[dict[str, str], ...] = (
    {"If-Match": "x" * 5000}, {"If-Match": '"٣"'.encode().decode("latin1")}, {"If-Match": '"-1"'}, {"If-Match": ""},
    {"If-Match": '"99999999999999999999"'}, {"If-Match": '"1", "2"'}, {"If-Match": '"\xff"'}, {"If-None-Match": "\xff"},
    {"Idempotency-Key": "\xff\xfe\x80"}, {"Idempotency-Key": ""}, {"Idempotency-Key": "x" * 5000},
    {"Idempotency-Key": "İ".encode().decode("latin1")}, {"Idempotency-Key": "a\tb"},
    {"Cookie": "\xff\xfe=\x80; ebaycclone-access-token=\xff"}, {"Cookie": "=;;;=\"\\"}, {"Cookie": "a=" + "b" * 5000},
    {"X-Request-Id": "\xff" * 100}, {"X-Request-Id": "a b"}, {"Accept": "\xff"}, {"Accept": "text/html;q=\xff"},
    {"Origin": "\xff://["}, {"Origin": "http://[::1"}, {"Referer": "http://[", "Cookie": "ebaycclone-access-token=x"},
    {"Prefer": "respond-async;;;\xff"}, {"X-Forwarded-For": "\xff, 999.999.999.999"}, {"Host": "\xff"}, {"Host": "a b"},
    {"Host": "["}, {"Range": "bytes=9-1"}, {"If-Modified-Since": "never"}, {"Stripe-Signature": "t=,v1=\xff"},
    {"Content-Encoding": "gzip"}, {"Accept-Language": "x" * 5000}, {"Date": "\xff"}, {"Forwarded": "for=\""},
)

CONTENT_TYPES = ("", "application/json", "application/json; charset=utf-16", "application/json; charset=\xff",
                 "APPLICATION/JSON", "application/json;;;=", "text/plain", "application/x-www-form-urlencoded",
                 "multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=\xff",
                 "multipart/form-data; boundary=x", "application/json\xff", "/", "a" * 5000,
                 "application/merge-patch+json", "application/xml")

def forged(claims: object, **header: object) -> str:
    """Return a token nobody signed, whose claims are looked at to find the key that could have."""
    parts = ({"alg": "RS256", "typ": "JWT", **header}, claims)
    written = (base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts)
    return ".".join((*written, "AAAA"))


_MARK = {"tokenMark": "ebaycclone-inapp-token", "tokenName": "ebaycclone-access-token", "sub": "x", "exp": 2 ** 62}
_FORGED_CLAIMS = (
    *({**_MARK, "keyId": key_id} for key_id in ("\x00", "\ud800", "x" * 2000, "'", None, {"a": 1}, [], 5, "0" * 32)),
    {}, [], "x", None, 5, {"tokenMark": []}, {"tokenMark": {"a": 1}}, {**_MARK, "exp": "never"},
    {**_MARK, "exp": 1e308}, {**_MARK, "iat": -1}, {**_MARK, "sessionId": "\x00", "userId": "\x00"})
FORGED = (*(forged(claims) for claims in _FORGED_CLAIMS),
          *(forged(_MARK, **header) for header in ({"alg": "none"}, {"alg": "HS256"}, {"alg": 5}, {"alg": None},
                                                   {"kid": 5}, {"crit": ["x"]}, {"b64": False}, {"typ": []})))
AUTHORIZATIONS = ("Bearer", "Bearer ", "bearer \xff", "Bearer a.b.c", "Bearer ..", "Bearer " + "x" * 9000, "Basic",
                  "Basic \xff", "Basic YTpi", "Digest x", "\xff", "", "Bearer null",
                  *(f"Bearer {token}" for token in FORGED))
ORIGINS = ("http://[", "\xff", "null", "://", "http://", "javascript:1", "http://localhost:x", "http://localhost@evil",
           "HTTP://LOCALHOST", "x" * 5000, "http://[::1", "http://evil.example")
