"""For every operation with a body what a good call looks like, in a small marketplace where each id names something."""
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

from flask import Flask

from app.actor import system_actor
from app.clock import now
from app.data.columns import iso
from app.data.ids import uuid7
from app.data.moderated_kinds import Subject
from app.data.unit_of_work import unit_of_work
from blueprints.platform.auth.api_clients import create_client
from blueprints.platform.moderation.cases import open_case
from tests.app.payments.stand_in import VISA
from tests.clients import PASSWORD, ApiClient, Callers
from tests.contract.world import Body, GoodCalls, World

ROOT = "/marketplace"


def in_days(days: float) -> str:
    """Return a moment on the wire."""
    return iso(now() + timedelta(days=days)) or ""


class Marketplace(World):
    """A small marketplace."""

    realm = "marketplace"

    def __init__(self, app: Flask, callers: Callers) -> None:
        super().__init__(app, callers)
        self.good = GOOD
        self.seller, self.buyer = callers.user("sara"), callers.user("ben")
        self.move_victim_to(callers.user("victor"))
        self._stock_catalogue()
        self._sell()
        self._review()
        self._collect()
        self._tell()
        self._moderate()
        self._pay()
        boss = system_actor(self.realm, operator="root")
        made, _ = create_client(boss, name="shop", scopes=["webhooks"], user_id=self.caller.user_id)
        self.ids["apiClientId"] = made["id"]

    def reader_of(self, object_name: str) -> ApiClient:
        """Return the same, but for a message: it is its parties' alone."""
        return self.victim if object_name == "messagingMessage" else self.caller

    def move_victim_to(self, victim: ApiClient) -> None:
        """Let the calls that are done to a user be done to this one."""
        self.victim = victim
        self.ids |= {"userId": str(victim.user_id), "sessionId": str(victim.actor.session_id)}

    def register_webhook(self, root: str, caller: ApiClient) -> None:
        """Let somebody of the realm below `root` have the endpoint that the calls are about."""
        self._make("webhookEndpointId", f"{root}/webhooks-api/v1/webhookendpoints", "webhookEndpoint",
                   GOOD["createWebhookEndpoint"](self), caller)

    def _stock_catalogue(self) -> None:
        shelf = f"{ROOT}/categorymanagement-api/v1"
        self._make("categoryId", f"{shelf}/categories", "category", {"title": "Watches"})
        self._make("subcategoryId", f"{shelf}/subcategories", "subcategory", GOOD["createSubcategory"](self))
        listings = f"{ROOT}/productlisting-api/v1/productlistingproducts"
        media = f"{ROOT}/productlisting-api/v1/productlistingmedias"
        self._make("productListingMediaId", media, "productListingMedia", GOOD["createProductListingMedia"](self),
                   self.seller)
        self._make("productListingProductId", listings, "productListingProduct",
                   GOOD["createProductListingProduct"](self), self.seller)
        self._make("bought", listings, "productListingProduct", GOOD["createProductListingProduct"](self), self.seller)
        self._make("auction", listings, "productListingProduct", self.auction(), self.seller)

    def _sell(self) -> None:
        auctions, orders = f"{ROOT}/auctionoffer-api/v1", f"{ROOT}/ordermanagement-api/v1"
        self._make("auctionOfferBidId", f"{auctions}/auctionofferbids", "auctionOfferBid",
                   GOOD["createAuctionOfferBid"](self) | {"bidAmount": 20}, self.buyer)
        self._make("auctionOfferOfferId", f"{auctions}/auctionofferoffers", "auctionOfferOffer",
                   GOOD["createAuctionOfferOffer"](self), self.buyer)
        order = self._make("orderManagementOrderId", f"{orders}/ordermanagementorders", "orderManagementOrder", {
            "shippingAddress": {"city": "X"}, "lineItems": [{"productId": self.ids["bought"]}]})
        self.ids["orderManagementOrderItemId"] = self.ids["items"] = order["items"][0]
        self._make("sys_orderManagementOrderPaymentId", f"{orders}/ordermanagementorderpayment",
                   "sys_orderManagementOrderPayment", GOOD["createOrderManagementOrderPayment"](self))
        self.ids |= {"orderId": order["id"], "paymentId": "pi_1", "paymentMethodId": VISA}

    def _review(self) -> None:
        self._make("feedbackId", f"{ROOT}/feedback-api/v1/feedbacks", "feedback", self.received())

    def received(self) -> Body:
        """Return a good review of something new that the caller bought and received."""
        orders = f"{ROOT}/ordermanagement-api/v1"
        order = self._make("reviewed", f"{orders}/ordermanagementorders", "orderManagementOrder", {
            "shippingAddress": {"city": "X"}, "lineItems": [{"productId": self.ids["bought"]}]})
        for status in ("PAID", "SHIPPED", "DELIVERED"):
            moved = self.caller.patch(f"{orders}/ordermanagementorderstatus/{order['id']}", json={"status": status})
            assert moved.status_code == 200, moved.json
        return {"rating": 5, "orderId": order["id"], "orderItemId": order["items"][0],
                "sellerId": self.seller.user_id, "productId": self.ids["bought"]}

    def _collect(self) -> None:
        shelves = f"{ROOT}/watchlistcart-api/v1"
        self._make("cartItemId", f"{shelves}/cartitems", "cartItem", GOOD["createCartItem"](self))
        self._make("watchlistListId", f"{shelves}/watchlistlists", "watchlistList", GOOD["createWatchlistList"](self))
        self._make("watchlistItemId", f"{shelves}/watchlistitems", "watchlistItem", GOOD["createWatchlistItem"](self))

    def new_listing(self) -> str:
        """Return the id of a new fixed-price listing."""
        body = GOOD["createProductListingProduct"](self)
        path = f"{ROOT}/productlisting-api/v1/productlistingproducts"
        return str(self._make("latest", path, "productListingProduct", body, self.seller)["id"])

    def _tell(self) -> None:
        self._make("notificationId", f"{ROOT}/notificationmanagement-api/v1/notifications", "notification",
                   GOOD["createNotification"](self))
        self._make("searchIndexId", f"{ROOT}/searchindexing-api/v1/searchindexes", "searchIndex",
                   GOOD["createSearchIndex"](self))
        self._make("messagingMessageId", f"{ROOT}/messaging-api/v1/messagingmessages", "messagingMessage",
                   GOOD["createMessagingMessage"](self), self.buyer)
        self.register_webhook(ROOT, self.caller)
        self._make("blockId", f"{ROOT}/people-api/v1/blocks", "block", GOOD["createBlock"](self))
        self._make("moderationActionId", f"{ROOT}/adminmoderation-api/v1/moderationactions", "moderationAction",
                   GOOD["createModerationAction"](self))

    def _moderate(self) -> None:
        base = f"{ROOT}/adminmoderation-api/v1"
        self._make("reportId", f"{base}/reports", "report", GOOD["createReport"](self), self.buyer)
        waiting = self.caller.get(f"{base}/cases").json["moderationCases"][0]
        self._make("moderationActId", f"{base}/acts", "moderationAct", GOOD["createModerationAct"](self))
        self.ids |= {"moderationCaseId": waiting["id"], "caseNumber": str(waiting["number"]), "actNumber": "a1"}

    def new_case(self) -> None:
        """Let the next call on a case meet another one that waits."""
        subject = Subject("Watch", self.seller.user_id, {"title": "Watch"})
        with unit_of_work(system_actor(self.caller.actor.realm)) as work:
            case = open_case(work, kind="OWN", entity_type="CATEGORY", entity_id=uuid7(), subject=subject)
            work.commit()
        self.ids["caseNumber"] = str(case.number)

    def _pay(self) -> None:
        """Become a customer of the payment gateway, which the first payment does by itself."""
        kept = self.caller.post(f"{ROOT}/ordermanagement-api/payment-methods/add", json={"paymentMethodId": VISA})
        assert kept.status_code == 200, kept.json

    def order_without_ticket(self) -> str:
        """Return the id of a new order in the contract's literal form."""
        body = {"paymentMethodId": VISA, "stripeCustomerId": "cus_1", "shippingAddress": {"city": "X"}, "summary": {}}
        return str(self._make("latest", f"{ROOT}/ordermanagement-api/v1/ordermanagementorders", "orderManagementOrder",
                              body)["id"])

    def listing(self) -> Body:
        """Return what any listing has."""
        return {"currency": "USD", "description": "d", "condition": "USED", "title": "Watch", "shippingCurrency": "USD",
                "shippingMethod": "STANDARD", "shipping": 5, "categoryId": self.ids["categoryId"],
                "subcategoryId": self.ids["subcategoryId"]}

    def auction(self) -> Body:
        """Return an auction with a secret maximum and a secret reserve."""
        return self.listing() | {"type": "AUCTION", "startPrice": 10, "biddingMode": "PROXY", "reservePrice": 60,
                                 "endBidDate": in_days(3)}

    def person(self) -> Body:
        """Return a user to register; each call names another one."""
        self._people = getattr(self, "_people", 0) + 1
        return {"email": f"person{self._people}@example.com", "fullname": "P", "password": PASSWORD}

    def folder(self) -> Body:
        """Return a list of watched products; each call names another one."""
        self._folders = getattr(self, "_folders", 0) + 1
        return {"name": f"List {self._folders}"}


def _session(world: Marketplace) -> Body:
    return {"userId": world.victim.user_id, "sessionId": world.victim.actor.session_id}


def _by_email(world: Marketplace) -> Body:
    return {"email": world.victim.email}


def _by_code(world: Marketplace) -> Body:
    return {"email": world.victim.email, "secretCode": "000000"}


def _status(world: Marketplace) -> Body:
    return {"carrier": "DHL", "trackingNumber": "1"}


def _order(world: Marketplace) -> Body:
    return {"paymentMethodId": VISA, "stripeCustomerId": "cus_1", "shippingAddress": {"city": "X"},
            "lineItems": [{"productId": world.ids["productListingProductId"], "quantity": 1}], "summary": {}}


def _item(world: Marketplace) -> Body:
    return {"orderId": world.ids["orderManagementOrderId"], "productId": world.ids["productListingProductId"],
            "sellerId": world.seller.user_id, "title": "Watch", "quantity": 1, "price": 30, "shipping": 5,
            "currency": "USD"}


_FACE: Callable[[Marketplace], Body] = lambda _: {"fullname": "V"}  # noqa: E731
GOOD: GoodCalls = {
    "registerUser": Marketplace.person, "createUser": Marketplace.person, "updateUser": _FACE, "updateProfile": _FACE,
    "updateSecondFactors": lambda _: {"email": False, "currentPassword": PASSWORD},
    "createApiClient": lambda _: {"name": "shop", "scopes": ["webhooks"],
                                  "currentPassword": "superadmin-test-1"},
    "updateApiClientSecret": lambda _: {"currentPassword": "superadmin-test-1"},
    "updateUserRole": lambda _: {"roleId": "user"}, "updateUserPasswordByAdmin": lambda _: {"password": PASSWORD},
    "updateUserPassword": lambda _: {"oldPassword": PASSWORD, "newPassword": PASSWORD},
    "login": lambda world: {"username": world.victim.email, "password": PASSWORD},
    **{f"{name}-start": _by_email for name in ("email-verification", "mobile-verification", "password-reset-by-email",
                                               "password-reset-by-mobile")},
    **{f"{name}-complete": _by_code for name in ("email-verification", "mobile-verification")},
    **{f"{name}-complete": lambda world: _by_code(world) | {"password": PASSWORD}
       for name in ("password-reset-by-email", "password-reset-by-mobile")},
    **{f"{name}-start": _session for name in ("email-2factor-verification", "mobile-2factor-verification")},
    **{f"{name}-complete": lambda world: _session(world) | {"secretCode": "000000"}
       for name in ("email-2factor-verification", "mobile-2factor-verification")},
    "createCategory": lambda _: {"title": "Toys"}, "updateCategory": lambda _: {"title": "Toys"},
    "createSubcategory": lambda world: {"categoryId": world.ids["categoryId"], "name": "Straps", "group": "MORE"},
    "updateSubcategory": lambda _: {"name": "Straps"},
    "createProductListingProduct": lambda world: world.listing() | {"type": "FIXED", "price": 30},
    "updateProductListingProduct": lambda _: {"title": "Watch"},
    "createProductListingMedia": lambda _: {"mimeType": "image/png", "url": "https://a.example/b.png", "size": 5},
    "createAuctionOfferBid": lambda world: {"bidAmount": 25, "currency": "USD", "productId": world.ids["auction"]},
    "updateAuctionOfferBid": lambda _: {},
    "createAuctionOfferOffer": lambda world: {"offerAmount": 20, "currency": "USD",
                                              "productId": world.ids["productListingProductId"]},
    "updateAuctionOfferOffer": lambda _: {"message": "please"},
    "offerSecondChance": lambda world: {"productId": world.ids["auction"]},
    "createFeedback": Marketplace.received, "updateFeedback": lambda _: {"comment": "fine"},
    "replyToFeedback": lambda _: {"reply": "Thank you"},
    "createCartItem": lambda world: {"productId": world.new_listing(), "quantity": 1},
    "updateCartItemQuantity": lambda _: {"quantity": 2},
    "createWatchlistList": Marketplace.folder,
    "createWatchlistItem": lambda world: {"productId": world.new_listing()},
    "updateWatchlistItem": lambda _: {"listId": None},
    "moveWatchlistItems": lambda world: {"action": "MOVE_TO_LIST", "listId": world.ids["watchlistListId"],
                                         "watchlistItemIds": [world.ids["watchlistItemId"]]},
    "createNotification": lambda world: {"notificationType": "SYSTEM_ALERT", "userId": world.victim.user_id,
                                         "channel": "IN_APP", "payload": {"text": "t"}},
    "updateNotification": lambda _: {"isRead": True},
    "markNotificationsRead": lambda _: {"all": True},
    "saveFilter": lambda _: {"filterName": "mine", "conditions": {}},
    "createWebhookEndpoint": lambda world: {"url": "https://hooks.example/in",
                                            "topics": [f"user/{world.ids['userId']}"]},
    "updateWebhookEndpoint": lambda _: {"description": "till"}, "rotateWebhookSecret": lambda _: {"overlapHours": 1},
    "createWebhookReplay": lambda _: {"firstPosition": 0},
    "registerDevice": lambda _: {"device": {"notificationToken": uuid4().hex, "platform": "android"}},
    "sendNotice": lambda world: {"notification": {"types": ["email"], "userId": world.victim.user_id, "title": "t",
                                                  "body": "b", "metadata": {"a": "b"}}},
    "updateNoticePreferences": lambda _: {
        "preferences": [{"type": "SYSTEM_ALERT", "channel": "email", "mode": "on"}], "locale": "en",
        "timeZone": "Europe/Zurich", "digestHour": 9, "mutedUntil": "2026-01-01T00:00:00Z"},
    "noteBounces": lambda _: {"bounces": []},
    "seeNotices": lambda world: {"notificationIds": [world.ids["notificationId"]]},
    "createSearchIndex": lambda world: {"documentType": "PRODUCT", "document": {"title": "t"},
                                        "referenceId": world.ids["auction"]},
    "updateSearchIndex": lambda world: {"document": {"title": "t"}, "referenceId": world.ids["auction"]},
    "createModerationAction": lambda world: {"entityId": world.victim.user_id, "entityType": "USER", "reason": "r",
                                             "actionType": "SOFT_DELETE"},
    "updateModerationAction": lambda _: {"reason": "r"},
    "createReport": lambda world: {"entityType": "USER", "entityId": world.seller.user_id, "reason": "OTHER"},
    "createModerationAct": lambda world: {"kind": "WARN", "entityType": "USER", "entityId": world.victim.user_id,
                                          "reason": "r"},
    "undoModerationAct": lambda _: {"reason": "r"},
    **{name: lambda world: world.new_case() or {"text": "t"} for name in ("noteModerationCase", "askModerationCase")},
    "dismissModerationCase": lambda world: world.new_case() or {"reason": "r"},
    "resolveModerationCase": lambda world: world.new_case() or {"acts": [{"kind": "WARN"}], "reason": "r"},
    "createAppeal": lambda _: {"strikeNumber": 1, "text": "It is genuine."},
    "decideAppeal": lambda _: {"granted": False, "reason": "r"},
    "createWord": lambda _: {"phrase": f"replica {uuid4().hex}", "reason": "COUNTERFEIT"},
    "createRule": lambda _: {"code": "knives", "title": "Knives", "text": "No knives."},
    "createMessagingMessage": lambda world: {"toUserId": world.seller.user_id, "content": "Is it still there?"},
    "updateMessagingMessage": lambda _: {"isRead": True},
    "createBlock": lambda world: {"userId": world.victim.user_id},
    "rebuildAllSearchRecords": lambda _: {"reason": "r"},
    "fixPaymentRecord": lambda world: {"orderId": world.ids["orderManagementOrderId"], "reason": "r",
                                       "fixParams": {"_paymentConfirmation": "pending"}},
    "overrideFeedback": lambda world: {"feedbackId": world.ids["feedbackId"], "updateParams": {"rating": 4}},
    "flagMediaAsset": lambda world: {"mediaAssetId": world.ids["productListingMediaId"], "reason": "r"},
    "restoreSoftDeletedEntity": lambda world: {
        "entityType": "CATEGORY", "entityId": world.ids["categoryId"], "reason": "r"},
    "createOrderManagementOrder": _order, "createOrderManagementOrderItem": _item,
    "updateOrderManagementOrderStatus": _status, "completeOrderStripeWebhook": _status,
    "startOrderManagementOrderPayment": lambda _: {"paymentUserParams": {"paymentMethodId": VISA}},
    "refreshOrderManagementOrderPayment": lambda _: {},
    "callbackOrderManagementOrderPayment": lambda _: {},
    "createOrderManagementOrderPayment": lambda world: {
        "orderId": world.order_without_ticket(), "paymentId": "pi_1", "paymentStatus": "s", "statusLiteral": "l"},
    "updateOrderManagementOrderPayment": lambda _: {"paymentStatus": "s"},
    "addPaymentMethod": lambda _: {"paymentMethodId": VISA},
}
