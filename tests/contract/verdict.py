"""How each service refuses: the documented shapes of errors, and whether they name what was wrong."""
import re

from sqlalchemy import func, select
from werkzeug.test import TestResponse

from app.data.changes import OutboxRecord
from app.data.connections import reading

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def events() -> int:
    """Return a number that grows with every event written."""
    with reading() as connection:
        return int(connection.execute(select(func.max(OutboxRecord.id))).scalar() or 0)


def is_error(answer: TestResponse) -> bool:
    """Return whether an error looks as rules-platform §2.5 says, or as one of the literal exceptions."""
    if answer.content_type != "application/json":
        return False
    body = answer.json
    if answer.request.path.endswith("/oauth/token") and set(body) <= {"error", "error_description"}:  # RFC 6749 §5.2
        return answer.status_code in (400, 401)
    if set(body) == {"status", "message"}:  # currentuser, permissions, relogin (§2.1, §3.4)
        return answer.status_code == 401 and body["status"] == "ERR"
    if set(body) == {"error"}:  # /api/media/upload (document 064)
        return answer.status_code == 400 and set(body["error"]) == {"code", "message"}
    told = {"result", "status", "message", "errCode", "date"}
    return (set(body) - {"detail"} == told and body["result"] == "ERR" and body["status"] == answer.status_code
            and bool(body["message"]) and _MOMENT.fullmatch(body["date"]) is not None)


def names(answer: TestResponse, field: str) -> bool:
    """Return whether a refusal names the field in its detail."""
    detail = answer.json.get("detail")
    return isinstance(detail, dict) and any(re.split(r"[.\[]", str(name))[0] == field for name in detail)


def is_registry_error(answer: TestResponse) -> bool:
    """Return whether an error looks as equipment.md says; the token endpoint answers as RFC 6749 §5.2 says."""
    if answer.content_type != "application/json":
        return False
    if set(answer.json) <= {"error", "error_description"}:
        return answer.status_code in (400, 401)
    return (set(answer.json) == {"meta", "error"} and answer.json["meta"]["code"] == answer.status_code
            and bool(answer.json["error"]["type"]) and bool(answer.json["error"]["message"]))


def registry_names(answer: TestResponse, field: str) -> bool:
    """Return whether a refusal of the registry names the entry; `body` is the whole of it."""
    entries = [wrong["entry"] for wrong in answer.json["error"].get("invalid", [])]
    return any(entry == "$" if field == "body" else re.split(r"[.\[]", entry)[1:2] == [field] for entry in entries)


def is_problem(answer: TestResponse) -> bool:
    """Return whether an error is problem details (RFC 9457); the token endpoint answers as RFC 6749 §5.2 says."""
    if answer.content_type == "application/json":
        return set(answer.json) <= {"error", "error_description"} and answer.status_code in (400, 401)
    return answer.content_type == "application/problem+json" and answer.json["status"] == answer.status_code and all(
        answer.json[name] for name in ("type", "title", "detail"))


def points_at(answer: TestResponse, field: str) -> bool:
    """Return whether problem details point at the field; `body` is the whole of it, and so is a NUL anywhere in it."""
    if answer.json["type"].endswith(":malformed-body"):
        return "NUL" in answer.json["detail"] or field == "body"
    pointers = [error["pointer"] for error in answer.json.get("errors", [])]
    return any(pointer == "" if field == "body" else pointer.split("/")[1:2] == [field] for pointer in pointers)
