"""M-10: where the link of a statement leads: a page that does nothing by itself, and sends its token nowhere else."""


def test_m_10_the_link_leads_to_a_page_that_does_nothing_by_itself(client):
    mount = "/marketplace/adminmoderation-api"
    page = client.get(f"{mount}/appeal-page")
    assert (page.status_code, page.mimetype) == (200, "text/html")
    assert "default-src" in page.headers["Content-Security-Policy"]
    assert "no-referrer" in page.text
    script = client.get(f"{mount}/appeal-page.js")
    assert (script.status_code, script.mimetype) == (200, "text/javascript")
    assert "'submit'" in script.text
    assert "history.replaceState" in script.text
