"""What production refuses: every value that is published, and every one that would be unsafe; each with a sentence."""
import re
from dataclasses import fields
from pathlib import Path

import pytest

from app.production import DEMANDS, DEMO_SECRETS
from app.settings import Settings, SettingsError, environment_name, load_settings
from tests.components import ROOT
from tests.testbed import PRODUCTION

OWN = PRODUCTION | {"SUPERADMIN_PASSWORD": "a-password-of-our-own"}
PAGES = [ROOT / "README.md", ROOT / "Makefile", *(ROOT / "docs").rglob("*.md"),
         *(path for path in (ROOT / "deploy").rglob("*") if path.is_file())]
CODE = [ROOT / "app" / "production.py", *(ROOT / "cli").rglob("*.py")]
SETTINGS = {environment_name(spec.name): spec for spec in fields(Settings)}
SECRETS = [name for name, spec in SETTINGS.items() if spec.metadata["secret"] and not spec.metadata["schemes"]]
ADDRESSES = [name for name, spec in SETTINGS.items() if spec.metadata["schemes"]] + [
    "ALLOWED_HOSTS", "CORS_ORIGINS", "COOKIE_DOMAIN", "MAIL_FROM", "SUPERADMIN_EMAIL"]


def _found(pattern: str, pages: list[Path]) -> set[tuple[str, ...]]:
    return {hit.groups() for page in pages for hit in re.finditer(pattern, page.read_text(), re.MULTILINE)}


def _published_settings() -> list[tuple[str, str]]:
    """Every secret or address of a setting that a page prints; not `…`, nor a variable, nor this machine's address."""
    printed = _found(r"\b([A-Z][A-Z0-9_]+)=([^\s`'\";]+)", PAGES)
    return sorted((name, value) for name, value in printed if name in SECRETS + ADDRESSES
                  and "…" not in value and value[0] != "$"
                  and not re.fullmatch(r"\w+://(127\.0\.0\.1|localhost)[:/\d]*", value))


def _published_passwords() -> list[str]:
    """Every password that a page, a demo's data or a command's greeting prints."""
    return sorted({*(word for word, in _found(r'"password": "([^"$]+)"', PAGES + CODE)),
                   *(word for word, in _found(r'PASSWORD = "([^"]+)"', CODE)),
                   *(word for word, in _found(r"@\S+ / ([\w-]+)", PAGES + CODE))})


def _refusals(**changed: str) -> list[str]:
    with pytest.raises(SettingsError) as refused:
        load_settings(OWN | changed)
    return str(refused.value).splitlines()


def test_production_starts_with_values_of_its_own() -> None:
    assert load_settings(OWN).is_production


@pytest.mark.parametrize(("name", "value"), _published_settings())
def test_production_refuses_what_a_page_prints(name: str, value: str) -> None:
    assert [sentence.split()[0] for sentence in _refusals(**{name: value})] == [name]


@pytest.mark.parametrize("word", _published_passwords())
def test_production_refuses_every_published_password_as_any_secret(word: str) -> None:
    for name in SECRETS:
        assert [sentence.split()[0] for sentence in _refusals(**{name: word})] == [name]


@pytest.mark.parametrize("name", [
    *(name for name in SECRETS if SETTINGS[name].name in DEMO_SECRETS), "MAIL_FROM", "MAIL_TRANSPORT",
    "PUBLIC_URL", "STRIPE_API_BASE"])
def test_production_refuses_what_the_demo_runs_with(name: str) -> None:
    of_the_demo = getattr(load_settings({"GUILDHALL_ENV": "demo"}), SETTINGS[name].name)
    assert [sentence.split()[0] for sentence in _refusals(**{name: of_the_demo})] == [name]


@pytest.mark.parametrize("url", ["postgresql://guildhall:{}@127.0.0.1/guildhall", "smtp://me:{}@mail.example:587"])
def test_production_refuses_a_published_password_in_a_url(url: str) -> None:
    name = "SMTP_URL" if url.startswith("smtp") else "DATABASE_URL"
    for word in _published_passwords():
        assert [sentence.split()[0] for sentence in _refusals(**{name: url.format(word)})] == [name]
    assert load_settings(OWN | {name: url.format("a-word-of-our-own")}).is_production


def test_enough_was_found_to_be_refused() -> None:
    assert {name for name, _ in _published_settings()} >= {
        "PUBLIC_URL", "CORS_ORIGINS", "COOKIE_DOMAIN", "DATABASE_URL", "MAIL_FROM", "SMTP_URL"}
    assert {"demo-pass-1", "dora-pass-1", "replay-pass-1"} <= set(_published_passwords())


@pytest.mark.parametrize(("name", "value"), [
    ("SECRET_KEY", ""), ("SECRET_KEY", "too-short"), ("SUPERADMIN_PASSWORD", ""), ("STRIPE_SECRET_KEY", ""),
    ("SUPERADMIN_EMAIL", ""), ("SUPERADMIN_EMAIL", "Admin@admin.com"),
    ("STRIPE_WEBHOOK_SECRET", ""), ("PASSWORD_MIN_LENGTH", "1"), ("RATELIMIT_ENABLED", "0"),
    ("EMAIL_VERIFICATION_REQUIRED", "0"), ("MAIL_TRANSPORT", "outbox"), ("CLOCK_OFFSET", "60"),
    ("STRIPE_API_BASE", "http://127.0.0.1:8420"), ("OUTWARD_LOCAL", "1"), ("PUBLIC_URL", ""),
    ("PUBLIC_URL", "http://guildhall.example"),
    ("CORS_ORIGINS", "null"), ("CORS_ORIGINS", "*"), ("CORS_ORIGINS", "https://shop.example/"),
    ("CORS_ORIGINS", "https://shop.example,http://shop.example"), ("CORS_ORIGINS", "shop.example"),
    ("REDIS_URL", "redis://cache.example:6379/0"), ("REDIS_URL", "redis://10.0.0.7"),
    ("DATABASE_URL", "postgresql://guildhall@db.example/guildhall"),
    ("DATABASE_URL", "postgresql://guildhall@db.example/guildhall?sslmode=prefer"),
    ("DATABASE_URL", "postgresql://guildhall@/guildhall?host=db.example"),
    ("DATABASE", "postgresql://guildhall@db.example"), ("S3_ENDPOINT_URL", "http://s3.example"),
    ("AWS_ENDPOINT_URL", "http://aws.example"),
])
def test_production_refuses_what_is_unsafe(name: str, value: str) -> None:
    assert [sentence.split()[0] for sentence in _refusals(**{name: value})] == [name]


@pytest.mark.parametrize(("name", "value"), [
    ("REDIS_URL", "redis://127.0.0.1:6379/0"), ("REDIS_URL", "redis://[::1]:6379"), ("REDIS_URL", "unix:///run/x.sock"),
    ("REDIS_URL", "rediss://cache.example:6379/0"), ("DATABASE_URL", "postgresql://guildhall@localhost/guildhall"),
    ("DATABASE_URL", "postgresql:///guildhall?host=/run/postgresql"),
    ("DATABASE_URL", "postgresql://guildhall@db.example/guildhall?sslmode=verify-full"),
    ("CORS_ORIGINS", "https://shop.example,https://app.shop.example:8443"),
    ("PUBLIC_URL", "https://guildhall.example/api/"),
])
def test_production_takes_what_nobody_on_the_way_can_read(name: str, value: str) -> None:
    assert load_settings(OWN | {name: value}).is_production


def test_everything_that_is_wrong_is_said_at_once_a_sentence_for_each_setting() -> None:
    with pytest.raises(SettingsError) as refused:
        load_settings({"GUILDHALL_ENV": "production", "PORT": "eighty", "CORS_ORIGINS": "null",
                       "PASSWORD_MIN_LENGTH": "1"})
    named = [sentence.split()[0].partition("=")[0] for sentence in str(refused.value).splitlines()]
    assert sorted(named) == sorted({"PORT", "CORS_ORIGINS", "PASSWORD_MIN_LENGTH", "SECRET_KEY", "SUPERADMIN_PASSWORD",
                                    "SUPERADMIN_EMAIL", "STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET", "PUBLIC_URL",
                                    "MAIL_TRANSPORT", "MAIL_FROM"})


def test_the_page_for_operators_names_every_setting_that_production_demands() -> None:
    operations = (ROOT / "docs" / "operations.md").read_text()
    assert [demand.setting for demand in DEMANDS if f"`{environment_name(demand.setting)}`" not in operations] == []
