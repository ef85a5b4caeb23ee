"""What is recorded of each answered request: one log line and two metrics, in one hook."""
import logging
from time import perf_counter

from flask import Flask, Response, g, request

from app.ops.metrics import count_request
from app.settings import Settings

log = logging.getLogger("guildhall.request")


def install_request_log(app: Flask, settings: Settings) -> None:
    """Log and count every answer; slow ones and server errors as warnings."""
    slow_seconds = settings.slow_request_ms / 1000

    @app.after_request
    def tell(response: Response) -> Response:
        ended = perf_counter()
        seconds = ended - g.get("started", ended)
        rule = request.url_rule
        count_request(request.method, rule.rule if rule else "(none)", response.status_code, seconds)
        level = logging.WARNING if seconds >= slow_seconds or response.status_code >= 500 else logging.INFO
        if log.isEnabledFor(level):
            # The path goes without its query: access_token may stand there.
            log.log(level, "request", extra={"fields": {
                "method": request.method, "path": request.path, "status": response.status_code,
                "ms": round(seconds * 1000, 2), "remote": request.remote_addr}})
        return response
