"""Structured logs: one JSON object a line on stderr, with the request's id, and never a secret.

Whoever logs passes fields with `extra={"fields": {...}}`; names of secrets are masked, tokens are cut out of texts."""
import logging
import re
import sys
from datetime import UTC, datetime
from typing import Any

import orjson
from flask import g, has_request_context

from app.settings import Settings

MASK = "[redacted]"
QUIET = ("rq", "alembic", "stripe", "urllib3")
"""Loggers that say nothing below a warning: the calls to the gateway would stand there, with names and addresses."""

_SECRET_NAMES = re.compile(
    r"password|secret|token|authorization|cookie|api[-_]?key|secretcode|private|smtp_url", re.IGNORECASE)
_SECRET_TEXTS = re.compile(
    r"""(?ix)
    ( (?:password|passwd|secret_?code|secret|token|api[-_]?key)
      ["']? \s* [=:] \s* )                            # access_token=…, "password": "…", accessToken: …
      (?: "(?:\\.|[^"\\])*" | '(?:\\.|[^'\\])*' | [^\s"'&,;}]+ )
    | ( \b authorization ["']? \s* [=:] \s* ["']? (?:\w+\s+)? ) [^\s"',;}]+
    | ( \b (?:bearer|basic) \s+ ) [\w.~+/=-]+          # Authorization: Bearer …
    | ( :// [^\s/:@]* : ) [^\s/]+ (?=@)                # postgresql://user:…@host
    | () \b eyJ[\w-]+\.[\w-]+\.[\w-]+                  # any JSON Web Token
    | () \b (?:sk|rk|whsec)_[\w]{8,}                   # payment keys
    """)


def redact(text: str) -> str:
    """Return the text with tokens, passwords, secret codes and keys masked."""
    return _SECRET_TEXTS.sub(lambda found: next((part for part in found.groups() if part), "") + MASK, text)


def redact_fields(value: Any) -> Any:
    """Return the JSON value with every member of a secret's name masked, and its texts redacted."""
    if isinstance(value, dict):
        return {str(name): MASK if _SECRET_NAMES.search(str(name)) and member not in (None, "") else
                redact_fields(member) for name, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [redact_fields(member) for member in value]
    return redact(value) if isinstance(value, str) else value


class JsonFormatter(logging.Formatter):
    """Writes a record as one line of JSON."""

    def __init__(self, process: str) -> None:
        super().__init__()
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; a failure to say something must not become a failure to work."""
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line: dict[str, Any] = {"time": moment.replace("+00:00", "Z"), "level": record.levelname,
                                "process": self._process, "pid": record.process, "logger": record.name,
                                "message": redact(record.getMessage())}
        if has_request_context() and "request_id" in g:
            line["requestId"] = g.request_id
        fields = getattr(record, "fields", None)
        if fields:
            line |= redact_fields(fields)
        if record.exc_info:
            line["error"] = redact(self.formatException(record.exc_info))
        return orjson.dumps(line, default=str).decode()


def configure_logging(settings: Settings, process: str) -> None:
    """Send everything this process logs to stderr as JSON; `process` says which one it is (web, worker, relay…)."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter(process))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level)
    logging.captureWarnings(True)
    logging.getLogger("guildhall.security").setLevel(logging.INFO)  # also where LOG_LEVEL leaves out the rest
    # They tell at INFO what the outbox, the deliveries and the migrations tell already.
    for name in QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
