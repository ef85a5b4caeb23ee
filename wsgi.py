"""What gunicorn (`wsgi:app`) and the flask command load. The app is made when it is asked for."""
from typing import Any

from cli import wsgi_application


def __getattr__(name: str) -> Any:
    if name == "app":
        return wsgi_application()
    raise AttributeError(name)
