"""A real localstripe process, and in front of it what it lacks of Stripe: idempotency keys, outages, lost answers."""
import atexit
import base64
import http.client
import json
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.components import LOCALSTRIPE, free_port

SECRET_KEY = "sk_test_guildhall"
WEBHOOK_SECRET = "whsec_guildhall_demo"
VISA = "pm_card_visa"
DECLINED_AT_CHARGE = "pm_card_chargeCustomerFail"
DECLINED_AT_ATTACH = "pm_card_visa_chargeDeclined"
ASKS_FOR_ACTION = "4000002500003155"


class LocalStripe:
    """One localstripe process with an empty store."""

    def __init__(self) -> None:
        if not LOCALSTRIPE.exists():
            raise RuntimeError(f"{LOCALSTRIPE} is missing: `make install-tools` installs it")
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._process = subprocess.Popen([str(LOCALSTRIPE), "--from-scratch", "--port", str(self.port)],
                                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        self.stop()
        raise RuntimeError("localstripe does not start")

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(10)

    def forget(self) -> None:
        """Empty its store: it writes all of it to a file at each call, which would grow dearer with each test."""
        self.call("DELETE", "/_config/data")

    def call(self, method: str, path: str, **data: Any) -> dict[str, Any]:
        """Do what a browser with Stripe.js or a person at the dashboard would do."""
        body = json.dumps(data).encode() if data else None
        request = urllib.request.Request(self.url + path, method=method, data=body)
        request.add_header("Authorization", "Basic " + base64.b64encode(f"{SECRET_KEY}:".encode()).decode())
        if data:
            request.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(request, timeout=20) as answer:
            said = answer.read()
        return json.loads(said) if said else {}

    def make_card(self, number: str = ASKS_FOR_ACTION, holder: str = "Ann Holder", postal_code: str = "34662") -> str:
        """Return the id of a fresh payment method, as Stripe.js makes it in the browser."""
        card = {"number": number, "exp_month": 12, "exp_year": 2034, "cvc": "123"}
        billing = {"name": holder, "address": {"postal_code": postal_code}}
        return self.call("POST", "/v1/payment_methods", type="card", card=card, billing_details=billing)["id"]

    def cards_of(self, customer_id: str) -> list[str]:
        """Return the ids of the cards kept for a customer."""
        kept = self.call("GET", f"/v1/payment_methods?customer={customer_id}&type=card")["data"]
        return [card["id"] for card in kept]

    def authenticate(self, intent_id: str, *, success: bool = True) -> None:
        """Answer the bank's question for an intent in requires_action."""
        secret = self.call("GET", f"/v1/payment_intents/{intent_id}")["client_secret"]
        self.call("POST", f"/v1/payment_intents/{intent_id}/_authenticate", client_secret=secret, success=success)

    def intents(self, **metadata: str) -> list[dict[str, Any]]:
        """Return every payment intent made with this metadata."""
        listed = self.call("GET", "/v1/payment_intents?limit=100000")["data"]
        return [one for one in listed if metadata.items() <= one["metadata"].items()]

    def refunds(self, intent_id: str) -> list[dict[str, Any]]:
        """Return every refund of an intent."""
        return self.call("GET", f"/v1/refunds?limit=1000&payment_intent={intent_id}")["data"]

    def events(self, kind: str) -> list[dict[str, Any]]:
        """Return the webhook events of one type that were recorded."""
        return self.call("GET", f"/v1/events?limit=100000&type={kind}")["data"]


@cache
def shared_localstripe() -> LocalStripe:
    """Return the one process of this test run, stopped at its end."""
    stripe = LocalStripe()
    atexit.register(stripe.stop)
    return stripe


LONGEST_HOLD_SECONDS = 300  # a test that failed leaves no thread behind for ever


@dataclass
class Fault:
    """What goes wrong for the next `times` matching calls; `after`: the gateway has done its work already.

    A call with an `opens` waits there until that is set, and the gateway says nothing."""

    path: str
    method: str = "POST"
    times: int = 1
    after: bool = False
    opens: threading.Event | None = None
    status: int | None = None
    drop: bool = False

    def matches(self, method: str, path: str) -> bool:
        return self.times > 0 and method == self.method and path.split("?")[0].startswith(self.path)

    def hold(self) -> None:
        """Wait for `opens`, if there is one."""
        if self.opens:
            self.opens.wait(LONGEST_HOLD_SECONDS)


@dataclass
class _Answer:
    status: int
    body: bytes


@dataclass
class _Ledger:
    """What Stripe remembers by Idempotency-Key."""

    bodies: dict[str, bytes] = field(default_factory=dict)
    answers: dict[str, _Answer] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)


class FlakyGateway:
    """A proxy that speaks Stripe's idempotency and fails on request; cleared `pause` holds keyed calls back."""

    def __init__(self, stripe: LocalStripe) -> None:
        self.stripe = stripe
        self.faults: list[Fault] = []
        self.calls: list[tuple[str, str]] = []
        self.pause, self.under_way = threading.Event(), threading.Event()
        self.pause.set()
        self._ledger = _Ledger()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self.foreign_url = self.url.replace("127.0.0.1", "localhost")  # so that no supervisor starts another there
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        """Let it end by itself: nobody waits until it has looked up."""
        threading.Thread(target=self._end, daemon=True).start()

    def _end(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    @contextmanager
    def failing(self, path: str, **how: Any) -> Iterator[Fault]:
        """Let the block run with a fault, which ends with it."""
        fault = Fault(path, **how)
        self.faults.append(fault)
        try:
            yield fault
        finally:
            fault.times = 0

    def count(self, method: str, path: str) -> int:
        """Return how many calls of this kind arrived."""
        return sum(1 for one, where in self.calls if one == method and where.split("?")[0] == path)

    def _take_fault(self, method: str, path: str) -> Fault | None:
        with self._ledger.lock:
            self.calls.append((method, path))
            fault = next((one for one in self.faults if one.matches(method, path)), None)
            if fault:
                fault.times -= 1
            return fault

    def _answer(self, method: str, path: str, headers: dict[str, str], body: bytes, fault: Fault | None) -> _Answer:
        key = headers.get("Idempotency-Key") if method == "POST" else None
        if key is None:
            return self._forward(method, path, headers, body)
        with self._ledger.lock:
            known = self._ledger.bodies.setdefault(key, body)
            if known != body:
                return _error(400, "idempotency_error", "Keys can only be used with the same parameters")
            if key in self._ledger.answers:
                return self._ledger.answers[key]
            busy = _error(409, "idempotency_error", "Another request with this key is in progress")
            self._ledger.answers[key] = busy
        self.under_way.set()
        self.pause.wait(30)
        answer = self._forward(method, path, headers, body)
        if fault and fault.after and fault.status:
            answer = _error(fault.status, "api_error", "An error of our own")
        with self._ledger.lock:
            self._ledger.answers[key] = answer
        return answer

    def _forward(self, method: str, path: str, headers: dict[str, str], body: bytes) -> _Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.stripe.port, timeout=60)
        try:
            passed = {name: headers[name] for name in ("Authorization", "Content-Type") if name in headers}
            connection.request(method, path, body=body or None, headers=passed)
            reply = connection.getresponse()
            return _Answer(reply.status, reply.read())
        finally:
            connection.close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        gateway = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _serve(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                fault = gateway._take_fault(self.command, self.path)
                if fault and not fault.after:
                    fault.hold()
                    if fault.drop:
                        return self._hang_up()
                    if fault.status:
                        return self._reply(_error(fault.status, "api_error", "An outage"))
                answer = gateway._answer(self.command, self.path, dict(self.headers), body, fault)
                if fault and fault.after:
                    fault.hold()
                    if fault.drop:
                        return self._hang_up()
                return self._reply(answer)

            do_GET = do_POST = do_DELETE = _serve  # noqa: N815 - the names BaseHTTPRequestHandler calls

            def _reply(self, answer: _Answer) -> None:
                try:
                    self.send_response(answer.status)
                    self.send_header("Content-Type", "application/json")
                    self.send_header("Content-Length", str(len(answer.body)))
                    self.end_headers()
                    self.wfile.write(answer.body)
                except OSError:
                    self.close_connection = True

            def _hang_up(self) -> None:
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)

            def log_message(self, format: str, *args: Any) -> None:
                """Stay silent."""

        return Handler


def _error(status: int, kind: str, message: str) -> _Answer:
    return _Answer(status, json.dumps({"error": {"type": kind, "message": message}}).encode())
