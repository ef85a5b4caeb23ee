"""A real Chromium without a window that opens a page and hands back what the page's script found out.

The page is served on a port of its own, so its origin is another than that of the system it calls."""
import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from tests.components import child_process, wait_until
from tests.programs import program

PAGE_SECONDS = 120.0  # a browser that starts on a machine under load
_PAGE = """<!doctype html><meta charset="utf-8"><script type="module">
const tell = (what) => fetch("/found", {{method: "POST", body: JSON.stringify(what)}});
try {{ tell(await (async () => {{ {script} }})()); }} catch (error) {{ tell({{failed: String(error)}}); }}
</script>"""


class _Page(ThreadingHTTPServer):
    """Serves one page and keeps what its script sends to /found."""

    daemon_threads = True

    def __init__(self, script: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.page = _PAGE.format(script=script).encode()
        self.found: list[Any] = []


class _Handler(BaseHTTPRequestHandler):
    server: _Page

    def do_GET(self) -> None:
        """Answer with the page."""
        self._answer(self.server.page if self.path == "/" else b"")

    def do_POST(self) -> None:
        """Take what the script found."""
        found = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self._answer(b"")
        self.server.found.append(found)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def found_by_page(script: str, folder: Path) -> Any:
    """Open a page of http://localhost:<a free port> and return what its `script`, an async function's body, returns."""
    with _served(script) as page, child_process(
            [*_command(folder), f"http://localhost:{page.server_port}/"], folder / "chromium.log"):
        wait_until(lambda: bool(page.found), "the page's script ends", PAGE_SECONDS)
    return page.found[0]


def _command(folder: Path) -> list[str]:
    """Return how a browser of one's own is started; as root there is no sandbox, and it reaches this machine alone."""
    return [program("chromium"), "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync",
            "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage",
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1, EXCLUDE *.localhost",
            f"--user-data-dir={folder / 'chromium'}"]


@contextmanager
def _served(script: str) -> Iterator[_Page]:
    page = _Page(script)
    thread = Thread(target=page.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield page
    finally:
        page.shutdown()
        thread.join()
        page.server_close()


def dom_of(url: str, folder: Path, *, until: str) -> str:
    """Return what stands on the page at `url` when `until` does; AssertionError when it never does."""
    seen = [""]

    def shows() -> bool:
        seen[0] = _dumped(url, folder)
        return until in seen[0]

    wait_until(shows, f"{url} shows {until}", PAGE_SECONDS)
    return seen[0]


def _dumped(url: str, folder: Path) -> str:
    """Return the page as it stands after ten seconds of its own time, which waits for what it loads."""
    command = [*_command(folder), "--virtual-time-budget=10000", "--dump-dom", url]
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True,
                          timeout=PAGE_SECONDS).stdout
