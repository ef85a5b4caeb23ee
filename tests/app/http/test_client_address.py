"""An address is counted by what one subscriber has: one IPv4 address, or one IPv6 /64."""
import pytest

from app.http.client_address import client_network


@pytest.mark.parametrize(("address", "key"), [
    ("192.0.2.7", "192.0.2.7"),
    ("::ffff:192.0.2.7", "192.0.2.7"),
    ("::ffff:c000:207", "192.0.2.7"),
    ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
    ("2001:DB8:1:2::", "2001:db8:1:2::/64"),
    ("fe80::1%eth0", "fe80::/64"),
    ("::1", "::/64"),
    ("192.0.2.7:50123", "192.0.2.7"),
    ("[2001:db8:1:2:3:4:5:6]:50123", "2001:db8:1:2::/64"),
])
def test_the_key_of_an_address(address: str, key: str) -> None:
    assert client_network(address) == key


def test_all_addresses_of_a_64_are_one_client() -> None:
    assert len({client_network(f"2001:db8:1:2::{host:x}") for host in range(1, 500)}) == 1


def test_neighbouring_64s_are_two_clients() -> None:
    assert client_network("2001:db8:1:2::1") != client_network("2001:db8:1:3::1")


@pytest.mark.parametrize("text", ["", "?", "unix:", "999.1.1.1", "2001:db8::/64"])
def test_what_is_no_address_is_its_own_key(text: str) -> None:
    assert client_network(text) == text
