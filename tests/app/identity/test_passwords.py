"""Passwords at rest and in comparison."""
from argon2 import PasswordHasher

from app.identity.passwords import hash_password, needs_rehash, password_matches, password_weakness


def test_a_wrong_password_does_not_match():
    assert not password_matches(hash_password("right horse"), "wrong horse")


def test_no_account_never_matches_whatever_is_typed():
    assert not password_matches(None, "right horse")


def test_an_unreadable_hash_matches_nothing_and_does_not_crash():
    assert not password_matches("not-a-hash", "right horse")


def test_a_password_with_a_lone_surrogate_is_a_password_like_any_other():
    stored = hash_password("\ud800 password")
    assert password_matches(stored, "\ud800 password")
    assert not password_matches(stored, "? password")


def test_the_hash_is_argon2id_at_the_measured_cost_and_salted():
    first, second = hash_password("same"), hash_password("same")
    assert first.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert first != second


def test_only_a_hash_of_other_parameters_wants_rehashing():
    cheaper = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash("same")
    assert needs_rehash(cheaper)
    assert not needs_rehash(hash_password("same"))


def test_a_short_and_an_endless_password_are_weak():
    assert password_weakness("1234567", 8) == "must have at least 8 characters"
    assert password_weakness("x" * 256, 8) == "must have at most 255 characters"
    assert password_weakness("12345678", 8) is None
