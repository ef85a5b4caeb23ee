"""Each listener of rules-platform §6.3 hears its topic, and its words are declared. Who is told stands in the tests
of the services: tests/marketplace/notification_management, tests/network/notices, tests/app/notify."""
import pytest

from app.events.subscriptions import Subscriptions
from app.notify.letter_templates import LetterTemplates
from app.notify.notice_kinds import NoticeKinds
from app.runtime import runtime
from app.settings import REALM_CODENAMES

CODE = "platform.verification-code"
OF_BOTH = (
    ("emailVerification1", "auth-service-user-registered", "platform.welcome", "WELCOME"),
    ("emailVerification1", "auth-service-user-created", "platform.welcome", "WELCOME"),
    ("emailVerification2", "user-service-email-verification-start", CODE, "OTP"),
    ("mobileVerification", "user-service-mobile-verification-start", CODE, "OTP"),
    ("passwordResetByEmail", "user-service-password-reset-by-email-start", CODE, "RESETPASSWORD"),
    ("passwordResetByMobile", "user-service-password-reset-by-mobile-start", CODE, "RESETPASSWORD"),
    ("email2Factor", "user-service-email-2FA-start", CODE, "OTP"),
    ("mobile2Factor", "user-service-mobile-2FA-start", CODE, "OTP"))
ORDERS, AUCTIONS = "ordermanagement-service-dbevent-ordermanagementorder", "auctionoffer-service-dbevent-auctionoffer"
OF_ONE = {"marketplace": (
    ("orderPlacedBuyer", f"{ORDERS}-created", "notifications.order-placed", "ORDER_PLACED"),
    ("orderPlacedSeller", f"{ORDERS}item-created", "notifications.order-received", "ORDER_PLACED"),
    ("orderShipped", f"{ORDERS}-updated", "notifications.order-moved", "ORDER_SHIPPED"),
    ("orderDelivered", f"{ORDERS}-updated", "notifications.order-moved", "ORDER_DELIVERED"),
    ("bidOutbid", "auctionoffer-service-auction-price-changed", "notifications.price-changed", "BID_OUTBID"),
    ("bidWon", f"{AUCTIONS}bid-updated", "notifications.bid-settled", "BID_WON"),
    ("offerReceived", f"{AUCTIONS}offer-created", "notifications.offer-made", "OFFER_PLACED"),
    ("offerAccepted", f"{AUCTIONS}offer-updated", "notifications.offer-answered", "OFFER_ACCEPTED"),
    ("feedbackReceived", "feedback-service-dbevent-feedback-created", "notifications.feedback-received",
     "FEEDBACK_RECEIVED"),
    ("messageReceived", "messaging-service-dbevent-messagingmessage-created", "notifications.message-received",
     "MESSAGE_RECEIVED"),
), "network": tuple((listener, f"{service}-service-dbevent-{change}", f"notices.{subscriber}", kind)
                    for listener, service, change, subscriber, kind in (
    ("connectionRequestReceived", "networking", "connectionrequest-created", "connection-request-received",
     "CONNECTION_REQUEST_RECEIVED"),
    ("connectionRequestAccepted", "networking", "connectionrequest-updated", "connection-request-accepted",
     "CONNECTION_REQUEST_ACCEPTED"),
    ("newMessageReceived", "messaging", "message-created", "message-received", "MESSAGE_RECEIVED"),
    ("jobApplicationSubmitted", "jobapplication", "jobapplication-created", "job-application-submitted",
     "JOB_APPLICATION_SUBMITTED"),
    ("jobApplicationReceived", "jobapplication", "jobapplication-created", "job-application-received",
     "JOB_APPLICATION_RECEIVED"),
    ("jobApplicationStatusUpdated", "jobapplication", "jobapplication-updated", "job-application-status-updated",
     "JOB_APPLICATION_STATUS_UPDATED"),
    ("postLiked", "content", "like-created", "post-liked", "POST_LIKED"),
    ("postCommented", "content", "comment-created", "post-commented", "POST_COMMENTED"),
    ("companyFollowed", "company", "companyfollower-created", "company-followed", "COMPANY_FOLLOWED"),
    ("companyUpdatePublished", "company", "companyupdate-created", "company-update-published",
     "COMPANY_UPDATE_PUBLISHED")))}


@pytest.mark.once("what is declared knows no database")
@pytest.mark.parametrize(("realm", "listener", "topic", "subscriber", "name"), [
    pytest.param(realm, *row, id=f"{realm} {row[0]}")
    for realm in REALM_CODENAMES for row in (*OF_BOTH, *OF_ONE[realm])])
def test_the_listener_hears_its_topic_and_has_its_words(app, realm, listener, topic, subscriber, name):
    heard = runtime().part(Subscriptions).by_topic[f"{REALM_CODENAMES[realm]}-{topic}"]
    assert subscriber in [one.name for one in heard]
    letters = {one.name for one in runtime().part(LetterTemplates)}
    assert name in letters or (realm, name) in runtime().part(NoticeKinds)
