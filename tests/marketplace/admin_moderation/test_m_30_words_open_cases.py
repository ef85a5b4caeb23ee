"""M-30: a word of the list opens a case where it is written, on create and on edit, by machine, and never acts."""
from collections.abc import Callable

import pytest
from sqlalchemy import select

from app.actor import system_actor
from app.data.reads import fetch
from app.data.unit_of_work import unit_of_work
from blueprints.marketplace.category_management.commands import create_category, create_subcategory
from blueprints.platform.moderation.act_models import Act
from blueprints.platform.moderation.case_file_models import CaseNote
from blueprints.platform.moderation.models import Case
from blueprints.platform.moderation.words import add_word
from blueprints.platform.moderation.written_words import look_for_words
from tests.clients import ApiClient

PRODUCTS = "/marketplace/productlisting-api/v1/productlistingproducts"
Body = dict[str, str]


@pytest.fixture(autouse=True)
def listed_words(app, as_admin):
    """Two words on the list."""
    add_word(as_admin.actor, phrase="replica*", reason="COUNTERFEIT")
    add_word(as_admin.actor, phrase="switchblade", reason="PROHIBITED")


@pytest.fixture
def sell(as_user, as_admin, settle) -> Callable[[str], str]:
    category = create_category(as_admin.actor, title="Things")
    subcategory = create_subcategory(as_admin.actor, category_id=category.id, name="All", group="MORE")

    def listed(title: str) -> str:
        made = as_user("sara").post(PRODUCTS, json={
            "title": title, "description": "As shown.", "type": "FIXED", "price": 30, "currency": "USD",
            "categoryId": category.id, "subcategoryId": subcategory.id, "condition": "NEW", "shipping": 5,
            "shippingCurrency": "USD", "shippingMethod": "STANDARD"})
        assert made.status_code == 201, made.json
        settle()
        return str(made.json["productListingProduct"]["id"])

    return listed


def edit(as_user: Callable[..., ApiClient], settle: Callable[[], None], product_id: str, **fields: object) -> None:
    assert as_user("sara").patch(f"{PRODUCTS}/{product_id}", json=fields).status_code == 200
    settle()


def cases() -> list[tuple[str, str, int, str]]:
    rows = fetch(select(Case.kind, Case.state, Case.worst, Case.entity_id).order_by(Case.number))
    return [(row.kind, row.state, row.worst, row.entity_id) for row in rows]


def close(product_id: str) -> None:
    with unit_of_work(system_actor("marketplace")) as work:
        case = work.first(select(Case).where(Case.entity_id == product_id, Case.is_pending.is_(True)), lock=True)
        assert case is not None
        work.change(case, state="DISMISSED", is_pending=False)
        work.commit()


def test_m_30_a_listing_without_a_word_opens_nothing(sell):
    sell("Rolex, no switchblades")
    assert cases() == []


def test_m_30_a_word_in_a_new_listing_opens_a_case_and_does_nothing_else(sell, as_user):
    product_id = sell("REPLICAS, and a switchblade")
    assert cases() == [("WORDS", "OPEN", 85, product_id)]
    assert fetch(select(CaseNote.text))[0].text == (
        "Words of the list: “replica*” (COUNTERFEIT), “switchblade” (PROHIBITED)")
    assert fetch(select(Act.id)) == []
    assert as_user("ben").get(f"{PRODUCTS}/{product_id}").status_code == 200


def test_m_30_an_edit_opens_a_case_once_while_it_waits(sell, as_user, settle):
    product_id = sell("Watch")
    edit(as_user, settle, product_id, description="It is a replica.")
    edit(as_user, settle, product_id, title="Replica watch")
    assert cases() == [("WORDS", "OPEN", 70, product_id)]


def test_m_30_what_was_dismissed_opens_again_only_for_what_is_newly_written(sell, as_user, settle):
    product_id = sell("Replica watch")
    close(product_id)
    edit(as_user, settle, product_id, description="As shown, in its box.", price=25)
    assert len(cases()) == 1
    edit(as_user, settle, product_id, description="A replica, honestly.")
    assert [case[1] for case in cases()] == ["DISMISSED", "OPEN"]


def test_m_30_messages_and_names_are_looked_into_as_well(as_user, settle):
    ben = as_user("ben")
    sent = ben.post("/marketplace/messaging-api/v1/messagingmessages", json={
        "toUserId": as_user("sara").user_id, "content": "I sell switchblades, one switchblade at a time."})
    assert sent.status_code == 201, sent.json
    settle()
    renamed = ben.patch(f"/marketplace/auth-api/v1/profile/{ben.user_id}", json={"fullname": "Replica King"})
    assert renamed.status_code == 200, renamed.json
    settle()
    assert cases() == [("WORDS", "OPEN", 85, sent.json["messagingMessage"]["id"]),
                       ("WORDS", "OPEN", 70, ben.user_id)]


def test_m_30_the_same_event_twice_opens_one_case(sell, sent):
    product_id = sell("Replica watch")
    close(product_id)
    events = sent("ebaycclone-productlisting-service-dbevent-productlistingproduct-created")
    look_for_words(events)
    assert len(cases()) == 1


def test_m_30_a_word_that_is_gone_before_anybody_looked_opens_nothing(sell, as_user, sent, settle):
    product_id = sell("Watch")
    for title in ("Replica watch", "Watch"):
        assert as_user("sara").patch(f"{PRODUCTS}/{product_id}", json={"title": title}).status_code == 200
    settle()
    assert cases() == []


def test_m_30_what_holds_no_word_costs_no_statement(sell, sent, count_statements):
    sell("Replica watch")
    sell("Watch")
    events = sent("ebaycclone-productlisting-service-dbevent-productlistingproduct-created")[1:]
    with count_statements() as statements:
        look_for_words(events)
    assert statements == []
