"""Nothing goes to another machine in clear: TLS and a good certificate, or letters wait and the operator is told."""
import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from click.testing import CliRunner
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from flask import Flask

from app.notify.carrier import Delayed
from app.notify.letters import Letter
from app.notify.smtp import SmtpAccount, SmtpTransport
from app.ops.checks import CHECKS
from app.web_addresses import is_this_machine
from cli.prepare import prepare
from tests.app.notify.conftest import outgoing
from tests.app.notify.postmaster import Postmaster
from tests.components import free_port

FAR, ELSEWHERE = "mail.far.example", "other.far.example"
LETTER = Letter("Your code", "It is 123456.", "<p>It is 123456.</p>")
SENDER = "no-reply@guildhall.example"


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> None:
    """The names of other machines lead to this one, where the test's mail server listens."""
    import socket

    real = socket.getaddrinfo

    def lookup(host: Any, *arguments: Any, **options: Any) -> Any:
        return real("127.0.0.1" if host in (FAR, ELSEWHERE) else host, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", lookup)


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate of FAR, signed by itself, with its key."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, FAR)])
    moment = datetime.now(UTC)
    made = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
            .serial_number(x509.random_serial_number()).not_valid_before(moment - timedelta(hours=1))
            .not_valid_after(moment + timedelta(hours=1))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(FAR)]), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(key, hashes.SHA256()))
    file = tmp_path / "certificate.pem"
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    return file


@pytest.fixture
def trusted(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """This machine trusts who signed the certificate."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))


class Listener:
    """Starts mail servers that speak TLS, and writes down the passwords they were given."""

    def __init__(self, postmaster: Postmaster, certificate: Path) -> None:
        self.passwords: list[bytes] = []
        self._postmaster, self._started = postmaster, list[Controller]()
        self._context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._context.load_cert_chain(certificate)

    def start(self, kind: str, *, host: str = FAR) -> SmtpAccount:
        """Start a server that speaks `clear`, `starttls` or `smtps`; return the account that leads to it."""
        tls: dict[str, Any] = {"starttls": {"tls_context": self._context}, "smtps": {"ssl_context": self._context},
                               "clear": {"auth_require_tls": False}}[kind]
        controller = Controller(self._postmaster, hostname="127.0.0.1", port=free_port(), authenticator=self._know,
                                **tls | ({"auth_require_tls": False} if kind == "smtps" else {}))
        controller.start()
        self._started.append(controller)
        scheme = "smtps" if kind == "smtps" else "smtp"
        return SmtpAccount.of(f"{scheme}://user:secret@{host}:{controller.port}", SENDER)

    def stop(self) -> None:
        for controller in self._started:
            controller.stop()

    def _know(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str,
              data: LoginPassword) -> AuthResult:
        self.passwords.append(data.password)
        return AuthResult(success=True)


@pytest.fixture
def listener(postmaster: Postmaster, certificate: Path) -> Iterator[Listener]:
    """What starts mail servers."""
    listener = Listener(postmaster, certificate)
    yield listener
    listener.stop()


def send(account: SmtpAccount) -> None:
    with SmtpTransport(account) as transport:
        transport.send(outgoing("id-1", "anna@example.com", LETTER))


def test_a_far_server_without_starttls_gets_neither_password_nor_letter(
        names: None, listener: Listener, postmaster: Postmaster) -> None:
    account = listener.start("clear")
    with pytest.raises(Delayed, match="offers no STARTTLS"):
        send(account)
    assert (postmaster.letters, listener.passwords) == ([], [])


@pytest.mark.parametrize("kind", ["starttls", "smtps"])
def test_a_certificate_that_nobody_trusts_gets_neither_password_nor_letter(
        kind: str, names: None, listener: Listener, postmaster: Postmaster) -> None:
    account = listener.start(kind)
    with pytest.raises(Delayed, match="CERTIFICATE_VERIFY_FAILED"):
        send(account)
    assert (postmaster.letters, listener.passwords) == ([], [])


@pytest.mark.parametrize("kind", ["starttls", "smtps"])
def test_a_certificate_of_another_name_gets_neither_password_nor_letter(
        kind: str, names: None, trusted: None, listener: Listener, postmaster: Postmaster) -> None:
    account = listener.start(kind, host=ELSEWHERE)
    with pytest.raises(Delayed, match="CERTIFICATE_VERIFY_FAILED"):
        send(account)
    assert (postmaster.letters, listener.passwords) == ([], [])


@pytest.mark.parametrize("kind", ["starttls", "smtps"])
def test_a_far_server_with_a_good_certificate_takes_letters(
        kind: str, names: None, trusted: None, listener: Listener, postmaster: Postmaster) -> None:
    send(listener.start(kind))
    assert [letter["To"] for letter in postmaster.letters] == ["anna@example.com"]
    assert listener.passwords == [b"secret"]


@pytest.mark.parametrize("kind", ["clear", "starttls", "smtps"])
def test_this_machines_own_server_takes_letters_by_whatever_certificate(
        kind: str, listener: Listener, postmaster: Postmaster) -> None:
    send(listener.start(kind, host="127.0.0.1"))
    assert len(postmaster.letters) == 1


@pytest.mark.parametrize(("host", "is_ours"), [
    ("localhost", True), ("127.0.0.1", True), ("127.1.2.3", True), ("::1", True), ("mail.example", False),
    ("localhost.example", False), ("10.0.0.1", False), ("127.0.0.1.example", False), ("", False)])
def test_only_loopback_is_this_machine(host: str, is_ours: bool) -> None:
    assert is_this_machine(host) is is_ours


def app_to(make_app: Callable[..., Flask], account: SmtpAccount) -> Flask:
    return make_app(MAIL_TRANSPORT="smtp", SMTP_URL=account.url.geturl(), MAIL_FROM=SENDER)


def test_doctor_says_whether_the_mail_server_takes_letters(
        make_app: Callable[..., Flask], names: None, trusted: None, listener: Listener) -> None:
    for account, state, says in ((listener.start("starttls"), "ok", f"{FAR} takes letters, under TLS"),
                                 (listener.start("clear"), "fail", "offers no STARTTLS"),
                                 (listener.start("starttls", host=ELSEWHERE), "fail", "CERTIFICATE_VERIFY_FAILED")):
        with app_to(make_app, account).app_context():
            found = CHECKS["mail"]()
        assert found[0] == state
        assert says in found[1]


def test_the_start_is_refused_where_the_mail_server_offers_no_tls(
        make_app: Callable[..., Flask], names: None, listener: Listener) -> None:
    with app_to(make_app, listener.start("clear")).app_context():
        told = CliRunner().invoke(prepare)
    assert told.exit_code == 1
    assert f"SMTP_URL: the mail server {FAR} offers no STARTTLS" in told.stderr


def test_the_start_is_not_refused_while_the_mail_server_is_away(make_app: Callable[..., Flask]) -> None:
    with make_app(MAIL_TRANSPORT="smtp", SMTP_URL=f"smtp://127.0.0.1:{free_port()}").app_context():
        assert CliRunner().invoke(prepare).exit_code == 0
