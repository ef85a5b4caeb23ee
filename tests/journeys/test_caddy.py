"""The shipped Caddyfile in a real Caddy: the hosts of realms and a path of another site lead to pages that work."""
import http.client
import json
import re
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask

from tests.browser import dom_of
from tests.components import ROOT, child_process, free_port, wait_until
from tests.journeys.served import served
from tests.programs import program

CADDYFILE = ROOT / "deploy" / "Caddyfile"
PLACES = {  # where a browser finds the auth service of the marketplace: host, path
    "everything": ("api", "/marketplace/auth-api"), "a host of its own": ("market", "/auth-api"),
    "that host, whole path": ("market", "/marketplace/auth-api"), "a path": ("www", "/shop/marketplace/auth-api")}
BASES = {"api": "", "market": "", "www": "/shop"}


def _answer(port: int, host: str, path: str) -> tuple[int, bytes]:
    """GET from Caddy as a browser at `host` does; its name need not be known to this machine."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", path, headers={"Host": f"{host}.localhost:{port}"})
    answer = connection.getresponse()
    found = answer.status, answer.read()
    connection.close()
    return found


def _local(caddyfile: str, port: int, upstream: int) -> str:
    """Return the shipped file for this machine: plain http on `port`, the block of a path in force, hosts renamed."""
    text = re.sub(r"^#(?=www\.example|\t|\}$)", "", caddyfile, flags=re.MULTILINE)
    text = re.sub(r"^(\w+)\.example\.org \{", rf"http://\1.localhost:{port} {{", text, flags=re.MULTILINE)
    return text.replace("{\n", "{\n\tadmin off\n\tauto_https off\n", 1).replace(":8000", f":{upstream}")


@pytest.fixture
def caddy(tmp_path: Path, make_app: Callable[..., Flask]) -> Iterator[Callable[[str], Any]]:
    """Call it with the host of PUBLIC_URL: Caddy is up in front of an application that has it; its port is given."""
    command, port, upstream = program("caddy"), free_port(), free_port()
    (tmp_path / "Caddyfile").write_text(_local(CADDYFILE.read_text(), port, upstream))
    run = [command, "run", "--adapter", "caddyfile", "--config", str(tmp_path / "Caddyfile")]

    @contextmanager
    def up(host: str) -> Iterator[int]:
        app = make_app(PUBLIC_URL=f"http://{host}.localhost:{port}{BASES[host]}", TRUSTED_PROXIES="1",
                       ALLOWED_HOSTS=",".join(f"{name}.localhost" for name in BASES))
        with (socket.create_server(("127.0.0.1", upstream)) as listener, served(app, listener),
              child_process(run, tmp_path / "caddy.log", XDG_CONFIG_HOME=str(tmp_path), XDG_DATA_HOME=str(tmp_path))):
            wait_until(lambda: _is_up(port), "Caddy answers")
            yield port

    return up


def _is_up(port: int) -> bool:
    try:
        return _answer(port, "api", "/health")[0] == 200
    except OSError:
        return False


def test_the_shipped_caddyfile_is_valid(tmp_path: Path) -> None:
    command = [program("caddy"), "validate", "--adapter", "caddyfile", "--config"]
    local = tmp_path / "Caddyfile"
    local.write_text(_local(CADDYFILE.read_text(), 8080, 8000))
    for file in (CADDYFILE, local):
        checked = subprocess.run([*command, str(file)], capture_output=True, text=True, check=False)
        assert checked.returncode == 0, checked.stderr


@pytest.mark.once("pages and documents are made of declarations")
@pytest.mark.parametrize("public", ["api", "www"])
def test_documents_name_addresses_that_answer_through_caddy(public: str, caddy: Callable[[str], Any]) -> None:
    with caddy(public) as port:
        for host, mount in PLACES.values():
            status, body = _answer(port, host, f"{mount}/openapi.json")
            assert status == 200, (host, mount)
            document = json.loads(body)
            server = urlsplit(document["servers"][0]["url"])
            assert server.netloc == f"{public}.localhost:{port}"
            assert "/marketplace/auth-api/health" in document["paths"]
            assert _answer(port, public, f"{server.path}/marketplace/auth-api/health")[0] == 200
        for host, path in (("api", "/"), ("market", "/"), ("market", "/swagger"), ("market", "/openapi.json"),
                           ("market", "/health"), ("www", "/shop/swagger"), ("www", "/shop/health")):
            assert _answer(port, host, path)[0] == 200, (host, path)
        assert {_answer(port, host, f"{BASES[host]}/metrics")[0] for host in BASES} == {404}


@pytest.mark.slow
@pytest.mark.once("pages and documents are made of declarations")
@pytest.mark.parametrize(("public", "place"), [("api", "everything"), ("api", "a host of its own"),
                                               ("api", "that host, whole path"), ("www", "a path")])
def test_the_swagger_page_shows_its_apis_through_caddy(public: str, place: str, caddy: Callable[[str], Any],
                                                       tmp_path: Path) -> None:
    host, mount = PLACES[place]
    program("chromium")
    with caddy(public) as port:
        here = f"http://{host}.localhost:{port}"
        dom = dom_of(f"{here}{mount}/swagger", tmp_path, until="opblock-summary-path")
    assert dom.count('class="opblock ') > 20
    assert f'<option value="{here}{BASES[host]}">' in dom  # where its calls go
