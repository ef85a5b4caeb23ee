"""The WSGI edge: paths as the documents promise them, and the security headers every answer carries.

`/v1/…` matches in any letter case and a trailing slash is forgiven (decision 5); both here, where they cost least."""
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from flask import Flask

from app.http.client_address import said_by_proxy
from app.settings import Settings

_POLICY = ("default-src 'none'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; script-src 'self'; "
           "connect-src 'self'; form-action 'self'; frame-ancestors 'none'")
_ALWAYS = [("X-Content-Type-Options", "nosniff"), ("X-Frame-Options", "DENY"), ("Referrer-Policy", "no-referrer"),
           ("Content-Security-Policy", _POLICY)]
# What is believed of trusted proxies, and the header that says it.
_TOLD_BY_PROXIES = (("REMOTE_ADDR", "HTTP_X_FORWARDED_FOR"), ("wsgi.url_scheme", "HTTP_X_FORWARDED_PROTO"),
                    ("HTTP_HOST", "HTTP_X_FORWARDED_HOST"))
_UNCACHED = ("Cache-Control", "no-store")
# A year of https alone for the host of PUBLIC_URL; nothing is promised for other hosts of the operator's domain.
_HTTPS_ALONE = ("Strict-Transport-Security", "max-age=31536000")

Headers = list[tuple[str, str]]


class _ChunkedInput:
    """A body in chunks: what the server finds wrong with them while reading is a broken connection, no bug of ours."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def read(self, size: int = -1) -> bytes:
        """Read as the stream does; raises OSError for any fault of the chunks."""
        try:
            found: bytes = self._stream.read(size)
        except Exception as error:
            raise OSError("the chunked body is broken") from error
        return found


def behind_proxies(application: Callable[..., Iterable[bytes]], count: int) -> Callable[..., Iterable[bytes]]:
    """Return the application that believes what the nearest `count` reverse proxies say of address, scheme and host.

    Nothing else is believed of them, and nothing at all of anybody when there are none."""
    def believing(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        for told, header in _TOLD_BY_PROXIES:
            if said := said_by_proxy(environ.get(header, ""), count):
                environ[told] = said
        return application(environ, start_response)

    return believing if count else application


class WsgiMiddleware:
    """WSGI middleware around the application."""

    def __init__(self, app: Flask, settings: Settings, other_places: Mapping[str, str]) -> None:
        """`other_places` are other names of where services are mounted (`/marketplace/bff-api`) → the mount."""
        self._other_places = other_places
        self._always = [*_ALWAYS, _HTTPS_ALONE] if settings.public_url.startswith("https://") else _ALWAYS
        self._uncached = [*self._always, _UNCACHED]
        self._wsgi: Callable[..., Iterable[bytes]] = app.wsgi_app
        self._known: dict[str, str] = {}
        for rule in app.url_map.iter_rules():
            literal = rule.rule.split("<")[0].rstrip("/")
            self._known.setdefault(literal.lower(), literal)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        environ["PATH_INFO"] = self._registered_case(self._mounted(environ.get("PATH_INFO", "")))
        if "HTTP_TRANSFER_ENCODING" in environ:
            environ["wsgi.input"] = _ChunkedInput(environ["wsgi.input"])

        def start(status: str, headers: Headers, *failure: Any) -> Any:
            own = any(name == "Cache-Control" for name, _ in headers)
            return start_response(status, headers + (self._always if own else self._uncached), *failure)

        return self._wsgi(environ, start)

    def _mounted(self, path: str) -> str:
        """Return the path below the mount of its service, where it names that by another name."""
        end = path.find("/", path.find("/", 1) + 1)
        mount = self._other_places.get(path if end < 1 else path[:end])
        return path if mount is None else mount if end < 1 else mount + path[end:]

    def _registered_case(self, path: str) -> str:
        """Return the path in the letter case its rule was registered in; ids and free text are not touched."""
        if len(path) > 1 and path[-1] == "/":
            bare = path.rstrip("/")
            path = bare if bare.count("/") > 2 else path
        at = path.find("/v1/")
        at = at if at >= 0 else path.find("/V1/")
        if at < 0:
            return path
        end = path.find("/", at + 4)
        literal = path if end < 0 else path[:end]
        known = self._known.get(literal.lower(), literal)
        return path if known == literal else known + path[len(literal):]
