"""deploy/guildhall.env.example is true and complete: what it names exists, what production demands stands in it."""
import re
from dataclasses import fields

import pytest

from app.settings import Settings, SettingsError, environment_name, load_settings
from tests.components import ROOT

EXAMPLE = (ROOT / "deploy" / "guildhall.env.example").read_text()
NAMES = {environment_name(spec.name): spec for spec in fields(Settings)}
SET = dict(re.findall(r"^([A-Z_]+)=(.*)$", EXAMPLE, re.MULTILINE))
LEFT_OUT = dict(re.findall(r"^#([A-Z_]+)=(.*)$", EXAMPLE, re.MULTILINE))
# What an operator has to fill in before it starts, and with what here.
FILLED_IN = {"SECRET_KEY": "k" * 48, "SUPERADMIN_PASSWORD": "a-password-of-our-own", "STRIPE_SECRET_KEY": "sk_live_x",
             "STRIPE_WEBHOOK_SECRET": "whsec_x"}
WAYS = {"GUILDHALL_ENV": "production"}  # the units say so


def _refused(environment: dict[str, str]) -> set[str]:
    try:
        load_settings(WAYS | environment)
    except SettingsError as error:
        return {re.split(r"[ :=]", sentence)[0] for sentence in str(error).splitlines()}
    return set()


@pytest.mark.parametrize("name", [*SET, *LEFT_OUT])
def test_everything_it_names_is_a_setting(name: str) -> None:
    assert name in NAMES


def test_it_names_every_setting_that_production_does_not_take_as_it_is() -> None:
    assert _refused({}) <= SET.keys()


def test_as_it_stands_each_placeholder_and_each_missing_secret_is_named() -> None:
    placeholders = {name for name, value in SET.items() if re.search(r"example\.org|PASSWORD|USER", value)}
    assert _refused(SET) == placeholders | FILLED_IN.keys()


def test_filled_in_it_starts() -> None:
    settings = load_settings(WAYS | SET | _own() | FILLED_IN)
    assert settings.is_production
    assert not settings.is_sqlite


@pytest.mark.parametrize("name", LEFT_OUT.keys() - {"SINGLE_MACHINE"})
def test_what_is_commented_out_is_the_default(name: str) -> None:
    assert LEFT_OUT[name] == str(NAMES[name].default)


def _own() -> dict[str, str]:
    """Return the example's settings with names and passwords of one's own in place of its."""
    return {name: value.replace("example.org", "guildhall.example").replace("PASSWORD", "of-our-own")
            for name, value in SET.items() if value}
