"""Ranks of roles; keys and seals derived from the application secret."""
import pytest

from app.identity.encryption import DecryptionFailed, fingerprint, purpose_key, seal, unseal
from app.identity.roles import outranks


@pytest.mark.parametrize(("above", "below"), [("superAdmin", "admin"), ("admin", "user"), ("user", "wizard"),
                                              ("system", "admin")])
def test_a_higher_role_outranks_a_lower_one_and_never_the_reverse(above, below):
    assert outranks(above, below)
    assert not outranks(below, above)


@pytest.mark.parametrize(("one", "other"), [("admin", "admin"), ("system", "superAdmin"), ("superAdmin", "superAdmin")])
def test_equals_do_not_outrank_each_other(one, other):
    assert not outranks(one, other)


def test_a_seal_opens_only_with_its_secret_and_for_its_purpose():
    sealed = seal("secret one", "code", "123456")
    with pytest.raises(DecryptionFailed):
        unseal("secret two", "code", sealed)
    with pytest.raises(DecryptionFailed):
        unseal("secret one", "other purpose", sealed)
    assert unseal("secret one", "code", sealed) == "123456"
    assert "123456" not in sealed


def test_each_purpose_has_its_own_key():
    assert purpose_key("secret", "a") != purpose_key("secret", "b")
    assert fingerprint("secret", "a", "value") != fingerprint("secret", "b", "value")
