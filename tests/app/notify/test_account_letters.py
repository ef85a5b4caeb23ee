"""Letters about accounts, in both realms: WELCOME, OTP and RESETPASSWORD (rules-platform §6.3, decision 21)."""
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from app.notify.mailbox import read_outbox
from tests.platform.driver import Auth
from tests.testbed import PRODUCTION

Settle = Callable[[], None]


@pytest.fixture(params=["marketplace", "network"])
def auth(app: Flask, request: pytest.FixtureRequest) -> Auth:
    """The auth service of each realm."""
    return Auth(app, request.param)


def letters_to(address: str, settle: Settle) -> list[dict[str, Any]]:
    settle()
    return list(reversed(read_outbox(address)))


def test_who_registers_is_welcomed_once_without_a_word_of_whoever_typed_the_address(auth: Auth, settle: Settle) -> None:
    auth.register("anna@example.com", fullname="Anna Ant")
    [letter] = letters_to("anna@example.com", settle)
    assert (letter["template"], letter["realm"], letter["status"]) == ("WELCOME", auth.realm, "kept")
    assert "an account for this address is ready" in letter["text"]
    assert not any("Ant" in letter[part] for part in ("subject", "text", "html"))
    assert len(letters_to("anna@example.com", settle)) == 1


def test_42_the_letter_carries_the_code_that_verifies(auth: Auth, settle: Settle) -> None:
    auth.register("anna@example.com")
    step = auth.start("email-verification", email="anna@example.com").json
    _, letter = letters_to("anna@example.com", settle)
    assert letter["template"] == "OTP"
    assert f"no. {step['codeIndex']} is {step['secretCode']}" in letter["text"]
    assert "24 hours" in letter["text"]
    done = auth.complete("email-verification", email="anna@example.com", secretCode=step["secretCode"])
    assert done.status_code == 200


def test_a_password_reset_sends_its_own_letter(auth: Auth, settle: Settle) -> None:
    auth.verified_user("anna@example.com")
    code = auth.start("password-reset-by-email", email="anna@example.com").json["secretCode"]
    letter = letters_to("anna@example.com", settle)[-1]
    assert letter["template"] == "RESETPASSWORD"
    assert code in letter["text"]
    assert not any("Ant" in letter[part] for part in ("subject", "text", "html"))


def test_nobody_is_written_to_for_an_unknown_address(auth: Auth, settle: Settle) -> None:
    auth.start("email-verification", email="nobody@example.com")
    auth.start("password-reset-by-email", email="nobody@example.com")
    assert letters_to("nobody@example.com", settle) == []


def test_a_code_for_a_phone_goes_out_as_sms(app: Flask, settle: Settle) -> None:
    auth = Auth(app, "marketplace")
    auth.register("anna@example.com", phone="+905551234567")
    code = auth.start("mobile-verification", email="anna@example.com").json["secretCode"]
    [letter] = letters_to("+905551234567", settle)
    assert (letter["channel"], letter["template"]) == ("sms", "OTP")
    assert code in letter["text"]
    assert "5 minutes" in letter["text"]


def test_production_keeps_the_code_out_of_outbox_and_events(make_app: Callable[..., Flask], settle: Settle) -> None:
    production = make_app(**PRODUCTION)
    with production.app_context():
        auth = Auth(production, "marketplace")
        auth.register("anna@example.com")
        step = auth.start("email-verification", email="anna@example.com").json
        welcome, code = letters_to("anna@example.com", settle)
    assert "secretCode" not in step
    assert (welcome["status"], code["status"], code["secret"]) == ("queued", "queued", True)
    assert (code["text"], code["html"]) == ("(secret)", "(secret)")
