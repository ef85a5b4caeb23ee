"""What gunicorn (`wsgi:app`), an ASGI server (`wsgi:asgi`) and the flask command load, made when it is asked for."""
from typing import Any

from cli import wsgi_application


def __getattr__(name: str) -> Any:
    if name == "app":
        return wsgi_application()
    if name == "asgi":
        from app.ops.asgi import BufferingServer
        from app.runtime import runtime_of

        application = wsgi_application()
        return BufferingServer(application, runtime_of(application).settings, threads=2)
    raise AttributeError(name)
