"""Passwords at rest and in comparison."""
import pytest
from argon2 import PasswordHasher

from app.identity import passwords
from app.identity.passwords import (
    _common_passwords,
    hash_password,
    needs_rehash,
    password_matches,
    password_weakness,
    renewed_hash,
)


def weakness(plain):
    return password_weakness(plain, 8, ("Anna Ant", "anna.ant@example.com", "anna@example.com"))


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
    assert weakness("tr4vel!") == "must have at least 8 characters"
    assert weakness("x1" * 128) == "must have at most 255 characters"
    assert weakness("blue-otter-9") is None


@pytest.mark.parametrize("common", ["password", "12345678", "PassWord", "password1!", "1!dragon!1", "qwertyuiop",
                                    "        ", "aaaaaaaaaa", "Ｐａｓｓｗｏｒｄ"])
def test_a_common_password_is_refused_however_it_is_dressed(common):
    assert weakness(common) == "is one of the most used passwords"


@pytest.mark.parametrize("personal", ["anna@example.com", "ANNA.ANT-77@Example.com", "annaant1", "Anna Ant!",
                                      "a.n.n.a.ant"])
def test_the_own_name_and_address_are_refused(personal):
    assert weakness(personal) == "is your name or your e-mail address"


@pytest.mark.parametrize("good", ["correct-horse-1", "my password is long", "dragon-and-monkey", "84017295518",
                                  "anna loves otters", "парольный-ёж", "a1b2c3d4e5f6"])
def test_a_password_that_only_contains_a_common_one_is_taken(good):
    assert weakness(good) is None


def test_the_list_has_more_than_three_thousand_passwords():
    assert len(_common_passwords()) >= 3000


NFC, NFD = "stra\u00dfe-caf\u00e9", "stra\u00dfe-cafe\u0301"


@pytest.mark.parametrize(("chosen", "typed"), [(NFC, NFD), (NFD, NFC)])
def test_one_password_written_in_two_ways_is_one_password(chosen, typed):
    assert password_matches(hash_password(chosen), typed)


@pytest.mark.parametrize("typed", [NFC, NFD])
def test_a_hash_of_what_was_typed_before_passwords_were_normalised_matches_and_is_rewritten(typed):
    raw = passwords._hasher.hash(NFD.encode())
    assert password_matches(raw, typed)
    renewed = renewed_hash(raw, typed)
    assert renewed != raw
    assert renewed_hash(renewed, typed) == renewed
