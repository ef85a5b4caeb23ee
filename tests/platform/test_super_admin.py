"""The one superAdmin: its address is the operator's own, and what its two settings do after the first start is said."""
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from app.actor import system_actor
from app.identity.roles import SUPER_ADMIN_ID
from app.settings import SettingsError
from blueprints.platform.auth.commands import ensure_super_admin, move_super_admin, register_user
from blueprints.platform.auth.queries import find_active_account_by_id
from cli.prepare import prepare_system

OWN = "boss@guildhall.example"


def _super_admin(realm: str = "marketplace") -> Any:
    return find_active_account_by_id(realm, SUPER_ADMIN_ID)


def _prepared(make_app: Callable[..., Flask], capsys: pytest.CaptureFixture[str], **changed: str) -> list[str]:
    """Prepare the same system anew with changed settings and return what was said."""
    with make_app(**changed).app_context():
        prepare_system()
    return capsys.readouterr().err.splitlines()


def test_prepared_again_as_before_nothing_is_said_and_nothing_changed(
        make_app: Callable[..., Flask], capsys: pytest.CaptureFixture[str]) -> None:
    former = _super_admin()
    assert _prepared(make_app, capsys) == []
    assert _super_admin() == former


def test_a_changed_superadmin_password_changes_nothing_and_names_the_command_that_does(
        make_app: Callable[..., Flask], capsys: pytest.CaptureFixture[str]) -> None:
    former = _super_admin()
    said = _prepared(make_app, capsys, SUPERADMIN_PASSWORD="another-password-2")
    assert _super_admin() == former
    assert [line.partition(":")[0] for line in said] == ["marketplace", "network"]
    for line in said:
        assert "SUPERADMIN_PASSWORD changes nothing" in line
        assert f"flask users password {SUPER_ADMIN_ID} --realm" in line
    assert "another-password-2" not in "".join(said)


def test_the_address_of_the_documents_gives_way_to_the_operators_own_and_no_other_does(
        make_app: Callable[..., Flask], capsys: pytest.CaptureFixture[str]) -> None:
    assert _super_admin().email == "admin@admin.com"
    said = _prepared(make_app, capsys, SUPERADMIN_EMAIL=OWN.upper())
    assert said == [f"{realm}: the superAdmin has the address of SUPERADMIN_EMAIL now, no longer that of the documents"
                    for realm in ("marketplace", "network")]
    assert (_super_admin().email, _super_admin("network").email) == (OWN, OWN)
    said = _prepared(make_app, capsys, SUPERADMIN_EMAIL="other@guildhall.example")
    assert said[0].startswith("marketplace: SUPERADMIN_EMAIL changes nothing")
    assert "@" not in "".join(said)  # it goes into the journal
    assert _super_admin().email == OWN


def test_a_superadmin_who_moved_logs_in_by_the_new_address_alone(app: Flask, client: Any) -> None:
    assert move_super_admin("marketplace", OWN)
    login = "/marketplace/auth-api/login"
    told = client.post(login, json={"username": OWN, "password": "superadmin-test-1"})
    assert told.status_code == 200
    former = client.post(login, json={"username": "admin@admin.com", "password": "superadmin-test-1"})
    assert former.status_code == 401


def test_the_superadmin_does_not_take_the_address_of_another_account(
        make_app: Callable[..., Flask], capsys: pytest.CaptureFixture[str]) -> None:
    register_user(system_actor("marketplace"), email=OWN, password_hash="no hash", fullname="Boss")
    with pytest.raises(SettingsError, match="SUPERADMIN_EMAIL: another account of marketplace"):
        _prepared(make_app, capsys, SUPERADMIN_EMAIL=OWN)
    assert _super_admin().email == "admin@admin.com"


@pytest.mark.usefixtures("app")
def test_a_superadmin_that_is_there_is_not_made_again() -> None:
    former = _super_admin()
    assert not ensure_super_admin("marketplace", OWN, "no hash")
    assert _super_admin() == former
