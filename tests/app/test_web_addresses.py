"""The one reading of web addresses, without a database."""
import pytest

from app.web_addresses import OurFile, harmless, host_name, is_this_machine, link, our_file

OWN = "https://api.example.org"
FILE = "/marketplace/bucket/download/018f4c1e-7b1a-7c3e-9a52-0d6f1b2c3d4e"
NO_LINKS = (
    "javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\tscript:alert(1)", "\x01javascript:alert(1)",
    "data:text/html,x", "vbscript:x", "file:///etc/passwd", "ftp://a.example/x", "blob:https://a.example/x",
    "//evil.example/a.png",
    "/\\evil.com", "\\\\evil.com", "/\\/evil.com", "https:\\\\evil.com", "https:/evil.com", "https:evil.com",
    "https:///evil.com", "https://", "https://?q", "https://#x", "https://user@a.example/", "https://u:p@a.example/",
    "https://bank.example@evil.example/", "https://a.example:0/", "https://a.example:x/", "https://a.example:99999/",
    'https://a.example/"onerror="alert(1)', "https://a.example/'x", "https://a.example/`x", "https://a.example/<x>",
    "https://a.example/a b", "https://a.example/\n", "https://a.example/\x00", "https://a.example/\x7f",
    "https://a.example/\u202egnp.exe", "https://a.example/\u200b", "https://a.example\\@evil.example/", "https://[::1",
    "https://[x]/", "https://a..example/", "https://-a.example/", "https://a.example./x", "https://%61.example/",
    "https://xn--a.example/", "https://a\u3002\u3002example/", "http://a.example/a.png", "http://localhost/a.png",
    "/", "/a.png", "/marketplace/auth-api/relogin", f"{FILE}/..", f"{FILE}?x", f"//{FILE}", f"/x/y{FILE}", "a.png", "x",
    "http://api.example.org" + FILE, "https://a.example/" + "\ud800")


@pytest.mark.parametrize("text", NO_LINKS)
def test_no_page_links_to_what_runs_leads_astray_or_is_not_over_https(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        link(text, own=OWN, is_local_fine=False)


@pytest.mark.parametrize("text", [
    "https://a.example", "https://a.example/b.png", "HTTPS://A.example:8443/b?c=d&e=%27#f", "https://x", FILE,
    "https://my_bucket.s3.amazonaws.com/a(1).png", "https://192.0.2.1/a", "https://[2001:db8::1]:8443/a", OWN + FILE,
    "/bucket/download/018f4c1e-7b1a-7c3e-9a52-0d6f1b2c3d4e", "https://xn--bcher-kva.example/", "https://a.example/a/../b"])
def test_https_and_our_own_files_stay_as_they_are(text: str) -> None:
    assert link(text, own=OWN, is_local_fine=False) == text
    assert harmless(text) == text


@pytest.mark.parametrize("own", ["", OWN])
def test_the_read_token_of_a_file_of_ours_is_not_kept(own: str) -> None:
    assert link(f"{own}{FILE}?token=1.a-b.c.f00", own=OWN, is_local_fine=False) == own + FILE
    assert our_file(f"{own}{FILE}?token=x", OWN) == OurFile(own + FILE, "marketplace", FILE.rpartition("/")[2])
    assert our_file("https://a.example" + FILE, OWN) is None


def test_other_scripts_come_out_in_ascii() -> None:
    found = link("https://bücher.example:8443/дім.png?q=é", own=OWN, is_local_fine=False)
    assert found == "https://xn--bcher-kva.example:8443/%D0%B4%D1%96%D0%BC.png?q=%C3%A9"


@pytest.mark.parametrize("text", ["http://localhost:3000/a.png", "http://127.0.0.1/a", "http://[::1]:8000/a"])
def test_this_machine_is_fine_over_http_where_that_is_said(text: str) -> None:
    assert link(text, own=OWN, is_local_fine=True) == text
    with pytest.raises(ValueError, match="https"):
        link(text, own=OWN, is_local_fine=False)
    with pytest.raises(ValueError, match="https"):
        link("http://localhost.evil.example/a", own=OWN, is_local_fine=True)


@pytest.mark.parametrize("text", [
    "javascript:alert(1)", "JAVASCRIPT:x", "\x01javascript:x", " javascript:x", "java\nscript:x", "data:text/html,x",
    "x", "//evil.example", "/\\evil.com", "\\\\evil.com", "https:\\\\evil.com", 'https://a.example/"onload="x', "https://a/'",
    "https://a.example/\n", "https:evil.com", "https://", "https:///evil.com", "", "http://a b", "https://a<b"])
def test_a_stored_address_that_could_run_or_lead_astray_is_not_shown(text: str) -> None:
    assert harmless(text) == ""


def test_a_stored_address_that_is_only_old_is_shown() -> None:
    for text in (None, "http://a.example/b.png", "/a.png", "https://user@a.example/", "https://a.example/é"):
        assert harmless(text) == text


def test_a_host_has_one_form() -> None:
    assert host_name("BÜCHER.example") == host_name("xn--bcher-kva.example") == "xn--bcher-kva.example"
    assert host_name("[2001:DB8:0::1]") == host_name("2001:db8::1") == "2001:db8::1"
    assert [is_this_machine(host) for host in ("localhost", "127.9.9.9", "::1", "10.0.0.1", "a.localhost")] == [
        True, True, True, False, False]
