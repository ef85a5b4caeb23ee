"""M-31, M-32, M-10 on real rows: a report, its case resolved, the letters, the appeal by the link of the letter."""
from urllib.parse import parse_qs

from app.notify.mailbox import read_outbox
from blueprints.marketplace.category_management.commands import create_category, create_subcategory

MOUNT = "/marketplace/adminmoderation-api"
PRODUCTS = "/marketplace/productlisting-api/v1/productlistingproducts"


def letter_to(client, template):
    letter, = [one for one in read_outbox(client.email) if one["template"] == template]
    return letter["text"]


def test_m_31_a_report_is_answered_its_person_told_why_and_the_link_of_the_letter_appeals(
        as_user, as_admin, client, settle):
    sara, ben = as_user("sara"), as_user("ben")
    category = create_category(as_admin.actor, title="Watches")
    shelf = create_subcategory(as_admin.actor, category_id=category.id, name="All", group="MORE")
    listing = sara.post(PRODUCTS, json={
        "title": "Rolex", "description": "As shown.", "type": "FIXED", "price": 30, "currency": "USD", "shipping": 5,
        "categoryId": category.id, "subcategoryId": shelf.id, "condition": "NEW", "shippingCurrency": "USD",
        "shippingMethod": "STANDARD"}).json["productListingProduct"]
    reported = ben.post(f"{MOUNT}/v1/reports", json={
        "entityType": "PRODUCT", "entityId": listing["id"], "reason": "COUNTERFEIT", "text": "The crown is wrong."})
    assert reported.status_code == 201, reported.json
    settle()
    assert "listing “Rolex”, counterfeit." in letter_to(ben, "REPORT_RECEIPT")
    case, = as_admin.get(f"{MOUNT}/v1/cases").json["moderationCases"]
    order = {"acts": [{"kind": "REMOVE"}, {"kind": "SUSPEND", "days": 7}], "reason": "It is a copy."}
    refused = as_admin.post(f"{MOUNT}/v1/cases/{case['number']}/resolve", json=order | {"rule": "no-such-rule"})
    assert (refused.status_code, "counterfeit" in refused.json["detail"]["rule"]) == (400, True)
    resolved = as_admin.post(f"{MOUNT}/v1/cases/{case['number']}/resolve", json=order | {"rule": "counterfeit"})
    assert resolved.status_code in (200, 201), resolved.json
    settle()
    said = letter_to(sara, "STATEMENT_OF_REASONS")
    assert "Your listing “Rolex” is removed" in said
    assert "Your account is suspended until" in said
    assert "The rule: Counterfeit goods." in said
    assert "Somebody reported this to us." in said
    for secret in (ben.email, ben.user_id, ben.actor.fullname, as_admin.email, "The crown is wrong."):
        assert secret not in said
    assert "acted on it" in letter_to(ben, "REPORT_OUTCOME")
    link = parse_qs(said.split("appeal-page#")[1].split()[0])
    appeal = client.post(f"{MOUNT}/v1/appeals", json={
        "strikeNumber": int(link["strike"][0]), "token": link["token"][0], "text": "It is genuine."})
    assert appeal.status_code == 201, appeal.json
