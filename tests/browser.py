"""A real Chromium without a window that opens a page and hands back what the page's script found out.

The page is served on a port of its own, so its origin is another than that of the system it calls."""
import json
import os
import select
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


class OpenPage:
    """A page that stays open; it is asked by the DevTools protocol, over a pipe."""

    def __init__(self, process: subprocess.Popen[bytes], said: int, heard: int) -> None:
        self._process = process
        self._said, self._heard = said, heard
        self._left = b""
        self._calls = 0
        self._session = ""

    def go_to(self, url: str) -> None:
        """Open the page."""
        target = self._call("Target.createTarget", url=url)["targetId"]
        self._session = self._call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]

    def says(self, expression: str) -> Any:
        """Return what an expression of JavaScript, or its promise, is on the page; AssertionError when it throws."""
        found = self._call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def _call(self, method: str, **parameters: Any) -> Any:
        self._calls += 1
        message = {"id": self._calls, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._said, json.dumps(message).encode() + b"\0")
        while True:
            while b"\0" not in self._left:
                assert select.select([self._heard], [], [], PAGE_SECONDS)[0], f"Chromium answers {method}"
                self._left += os.read(self._heard, 65536)
            answer, _, self._left = self._left.partition(b"\0")
            told = json.loads(answer)
            if told.get("id") == self._calls:
                assert "error" not in told, told
                return told["result"]


@contextmanager
def open_page(url: str, folder: Path) -> Iterator[OpenPage]:
    """Keep a page open while the block lasts."""
    (ours_in, theirs_out), (theirs_in, ours_out) = os.pipe(), os.pipe()
    # --remote-debugging-pipe reads and writes the descriptors 3 and 4.
    line = f'exec "$@" 3</proc/self/fd/{theirs_in} 4>/proc/self/fd/{theirs_out}'
    command = ["sh", "-c", line, "sh", *_command(folder), "--remote-debugging-pipe", "about:blank"]
    with (folder / "chromium.log").open("ab") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                   pass_fds=(theirs_in, theirs_out))
    os.close(theirs_in)
    os.close(theirs_out)
    try:
        page = OpenPage(process, ours_out, ours_in)
        page.go_to(url)
        yield page
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        os.close(ours_in)
        os.close(ours_out)
