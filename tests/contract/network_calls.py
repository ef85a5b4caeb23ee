"""The same as good_calls.py for the services that only the network has."""
from uuid import uuid4

from flask import Flask

from tests.app.payments.stand_in import VISA
from tests.clients import ApiClient, Callers
from tests.contract.world import Body, GoodCalls, World

ROOT = "/network"
COMPANY, CONTENT, JOBS, MESSAGING, NETWORKING, PROFILE = (
    f"{ROOT}/{name}-api/v1"
    for name in ("company", "content", "jobapplication", "messaging", "networking", "profile"))


class Network(World):
    """A small network: the superAdmin is connected with Cat, Ann asks for it, Ben knows nobody.

    Ann founded a page, which Ben administers, too, and Cat follows; she has a profile. The page offers a job, for which
    Cat applies. The caller has posted, and Ben likes it and comments on it. The superAdmin, Ben and Cat are a group
    with one message."""

    realm = "network"

    def __init__(self, app: Flask, callers: Callers) -> None:
        super().__init__(app, callers)
        self.good = GOOD
        self.ann, self.ben, self.cat = (callers.user(name, realm=self.realm) for name in ("ann", "ben", "cat"))
        self.ids["userId"] = self.ben.user_id
        self._connect()
        self._found()
        self._offer()
        self._write()
        self._buy()
        self._post()
        self._talk()

    def reader_of(self, object_name: str) -> ApiClient:
        """Return the same, but Ben for what is its people's alone: the tests let relations point at him."""
        return self.ben if object_name in ("connection", "connectionRequest") else self.caller

    def newcomer(self) -> ApiClient:
        """Return somebody who has done nothing yet."""
        return self.callers.user(f"new-{uuid4().hex[:12]}", realm=self.realm)

    def invited_by(self, sender: ApiClient) -> str:
        """Let somebody ask the caller for a connection, and return the request's id."""
        return str(self._make("connectionRequestId", f"{NETWORKING}/connectionrequests", "connectionRequest",
                              {"receiverUserId": self.caller.user_id, "status": "pending"}, sender)["id"])

    def answered(self) -> Body:
        """Return a good answer to a request that nobody has answered."""
        self.invited_by(self.newcomer())
        return {"status": "accepted"}

    def new_page(self) -> Body:
        """Return the companyId of a page that nobody follows yet."""
        made = self._make("latest", f"{COMPANY}/companies", "company", GOOD["createCompany"](self), self.ann)
        return {"companyId": made["id"]}

    def news(self) -> Body:
        """Return good news of the page."""
        return {"companyId": self.ids["companyId"], "content": "News", "attachmentUrls": ["https://f.example/1"]}

    def new_post(self) -> str:
        """Return the id of a post that nobody likes yet."""
        return str(self._make("latest", f"{CONTENT}/posts", "post", {"content": "Hello"}, self.ann)["id"])

    def _post(self) -> None:
        self._make("postId", f"{CONTENT}/posts", "post", GOOD["createPost"](self))
        self._make("commentId", f"{CONTENT}/comments", "comment", GOOD["createComment"](self), self.ben)
        self._make("likeId", f"{CONTENT}/likepost", "like", {"postId": self.ids["postId"]}, self.ben)

    def new_group(self) -> Body:
        """Return good participants of a group that is not there yet."""
        return {"isGroup": True, "participantIds": [self.caller.user_id, self.ben.user_id, self.newcomer().user_id]}

    def _talk(self) -> None:
        people = [self.caller.user_id, self.ben.user_id, self.cat.user_id]
        self._make("conversationId", f"{MESSAGING}/conversations", "conversation",
                   {"isGroup": True, "participantIds": people})
        self._make("messageId", f"{MESSAGING}/messages", "message", GOOD["createMessage"](self))

    def _found(self) -> None:
        self._make("companyId", f"{COMPANY}/companies", "company", GOOD["createCompany"](self), self.ann)
        page = {"companyId": self.ids["companyId"]}
        self._make("companyAdminId", f"{COMPANY}/assigncompanyadmin", "companyAdmin",
                   page | {"userId": self.ben.user_id}, self.ann)
        self._make("companyFollowerId", f"{COMPANY}/followcompany", "companyFollower", page, self.cat)
        self._make("companyUpdateId", f"{COMPANY}/companyupdates", "companyUpdate", self.news(), self.ann)

    def new_posting(self) -> Body:
        """Return the jobPostingId of a job for which nobody has applied yet."""
        made = self._make("latest", f"{JOBS}/jobpostings", "jobPosting", GOOD["createJobPosting"](self), self.ann)
        return {"jobPostingId": made["id"]}

    def _offer(self) -> None:
        posting = self._make("jobPostingId", f"{JOBS}/jobpostings", "jobPosting", GOOD["createJobPosting"](self),
                             self.ann)
        self._make("jobApplicationId", f"{JOBS}/jobapplications", "jobApplication", {
            "jobPostingId": posting["id"], "resumeUrl": "https://f.example/cv.pdf"}, self.cat)

    def _write(self) -> None:
        for name in ("certification", "language"):
            self._make(f"{name}Id", f"{PROFILE}/{name}s", name, {"name": f"{name} {uuid4().hex}"}, self.ann)
        self._make("profileId", f"{PROFILE}/profiles", "profile", GOOD["updateProfile"](self) | {"fullName": "Ann"},
                   self.ann)

    def premium_for_a_newcomer(self) -> Body:
        """Return a good order of premium for somebody who has a profile and no order yet."""
        person = self.newcomer()
        made = self._make("latest", f"{PROFILE}/profiles", "profile", {"fullName": "N", "profileVisibility": "public"},
                          person)
        return {"profileId": made["id"], "userId": person.user_id, "currency": "USD", "status": "pending", "price": 10}

    def order_without_ticket(self) -> str:
        """Return the id of a new order of premium."""
        return str(self._make("latest", f"{PROFILE}/premuimsub", "premiumsubscription",
                              self.premium_for_a_newcomer())["id"])

    def _buy(self) -> None:
        """Order premium, and become a customer of the payment gateway, which the first payment does by itself."""
        order = self._make("premiumsubscriptionId", f"{PROFILE}/premuimsub", "premiumsubscription",
                           self.premium_for_a_newcomer())
        ticket = {"orderId": order["id"], "paymentId": "pi_1", "paymentStatus": "s", "statusLiteral": "l"}
        self._make("sys_premiumsubscriptionPaymentId", f"{PROFILE}/premiumsubscriptionpayment",
                   "sys_premiumsubscriptionPayment", ticket)
        self.ids |= {"orderId": order["id"], "paymentId": "pi_1", "paymentMethodId": VISA}
        kept = self.caller.post(f"{ROOT}/profile-api/payment-methods/add", json={"paymentMethodId": VISA})
        assert kept.status_code == 200, kept.json

    def _connect(self) -> None:
        request = self.invited_by(self.cat)
        accepted = self.caller.patch(f"{NETWORKING}/connectionrequests/{request}", json={"status": "accepted"})
        assert accepted.status_code == 200, accepted.json
        self._make("connectionId", f"{NETWORKING}/connections", "connection", GOOD["createConnection"](self))
        self.invited_by(self.ann)


GOOD: GoodCalls = {
    "updateOwnFace": lambda _: {"fullname": "Ben"},
    "createConnection": lambda world: {"userId1": world.caller.user_id, "userId2": world.cat.user_id},
    "createConnectionRequest": lambda world: {"receiverUserId": world.newcomer().user_id, "status": "pending"},
    "updateConnectionRequest": lambda world: world.answered(),
    "createConversation": lambda world: world.new_group(),
    "updateConversation": lambda world: {"participantIds_append": [world.newcomer().user_id]},
    "readConversation": lambda world: {"messageId": world.ids["messageId"]},
    "createMessage": lambda world: {"conversationId": world.ids["conversationId"], "content": "Hello",
                                    "attachmentUrls": ["https://f.example/1"]},
    "updateMessage": lambda world: {"readBy_append": [world.caller.user_id]},
    "createCompany": lambda _: {"name": f"Acme {uuid4().hex}", "website": "https://a.example", "location": "Bern"},
    "updateCompany": lambda _: {"description": "We make everything."},
    "assignCompanyAdmin": lambda world: world.new_page() | {"userId": world.ben.user_id},
    "followCompany": lambda world: world.new_page(),
    "approveCompanyFollower": lambda _: {"followState": "approved"},
    "createCompanyUpdate": lambda world: world.news(),
    "updateCompanyUpdate": lambda _: {"attachmentUrls_append": ["https://f.example/2"]},
    "createPost": lambda world: {"content": "Hello", "authorUserId": world.caller.user_id, "visibility": "public",
                                 "attachmentUrls": ["https://f.example/1"]},
    "updatePost": lambda _: {"content": "Hello again"},
    "createComment": lambda world: {"postId": world.ids["postId"], "content": "Nice"},
    "updateComment": lambda _: {"content": "Very nice"},
    "likePost": lambda world: {"postId": world.new_post()},
    "createJobPosting": lambda world: {
        "title": "Baker", "description": "Bakes.", "companyId": world.ids["companyId"], "location": "Bern",
        "applicationDeadline": "2099-12-31", "employmentType": "full_time", "workplaceType": "on_site",
        "visibility": "public", "status": "active"},
    "updateJobPosting": lambda _: {"salaryRange": "100 to 200"},
    "createJobApplication": lambda world: world.new_posting() | {"coverLetter": "I bake."},
    "updateJobApplication": lambda _: {"coverLetter": "I bake well."},
    "createProfile": lambda world: {"fullName": "Newcomer", "profileVisibility": "public", "skills": ["sql"],
                                    "userId": world.newcomer().user_id},
    "updateProfile": lambda _: {"headline": "Makes everything", "experience": [{"title": "Maker"}]},
    "createCertification": lambda _: {"name": f"certification {uuid4().hex}"},
    "createLanguage": lambda _: {"name": f"language {uuid4().hex}"},
    "createPremuimSub": lambda world: world.premium_for_a_newcomer(),
    "updatePremuimSub": lambda _: {"status": "wanted"},
    "startPremiumsubscriptionPayment": lambda _: {"paymentUserParams": {"paymentMethodId": VISA}},
    "refreshPremiumsubscriptionPayment": lambda _: {},
    "callbackPremiumsubscriptionPayment": lambda _: {},
    "refundPremiumsubscription": lambda _: {"reason": "asked for"},
    "createPremiumsubscriptionPayment": lambda world: {
        "orderId": world.order_without_ticket(), "paymentId": "pi_1", "paymentStatus": "s", "statusLiteral": "l"},
    "updatePremiumsubscriptionPayment": lambda _: {"paymentStatus": "s"},
    "addPaymentMethod": lambda _: {"paymentMethodId": VISA},
}
