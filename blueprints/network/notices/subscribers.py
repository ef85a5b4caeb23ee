"""Who is told of invitations, messages, posts and applications (rules-platform §6.3, NET-30)."""
from dataclasses import replace
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from app.data.unit_of_work import UnitOfWork
from app.events.event_delivery import Event
from app.events.subscriptions import subscribe
from blueprints.network.company.queries import admins_of
from blueprints.network.content.queries import author_of_post
from blueprints.network.content.topics import COMMENT_CREATED, LIKE_CREATED, POST_CREATED, POST_UPDATED
from blueprints.network.job_application.queries import PostingFacts, posting_facts
from blueprints.network.job_application.topics import APPLICATION_CREATED, APPLICATION_UPDATED
from blueprints.network.messaging.queries import participants_of
from blueprints.network.messaging.topics import MESSAGE_CREATED
from blueprints.network.networking.topics import REQUEST_CREATED, REQUEST_UPDATED
from blueprints.network.notices import rules
from blueprints.network.notices.telling import tell_of
from blueprints.platform.notification.notices import tell_all


@subscribe(REQUEST_CREATED, name="notices.connection-request-received")
def tell_request_received(work: UnitOfWork, event: Event) -> None:
    """Tell whoever is asked for a connection; neither notice nor letter carries the note of the request."""
    request = event.payload
    if request["status"] == "pending":
        tell_of(work, event, "CONNECTION_REQUEST_RECEIVED", request["senderUserId"], [request["receiverUserId"]],
                {"connectionRequestId": request["id"]})


@subscribe(REQUEST_UPDATED, name="notices.connection-request-accepted")
def tell_request_accepted(work: UnitOfWork, event: Event) -> None:
    """Tell who asked for a connection that it was accepted; a rejection is told to nobody."""
    request = event.payload["connectionRequest"]
    if rules.has_become(event.payload, "status", "accepted"):
        tell_of(work, event, "CONNECTION_REQUEST_ACCEPTED", request["receiverUserId"], [request["senderUserId"]],
                {"connectionRequestId": request["id"]})


@subscribe(MESSAGE_CREATED, name="notices.message-received")
def tell_message_received(work: UnitOfWork, event: Event) -> None:
    """Tell the other participants of a message; neither notice nor letter carries a word of it."""
    message = event.payload
    tell_of(work, event, "MESSAGE_RECEIVED", message["senderUserId"],
            participants_of(message["conversationId"]),
            {"messageId": message["id"], "conversationId": message["conversationId"]})


@subscribe(LIKE_CREATED, name="notices.post-liked")
def tell_post_liked(work: UnitOfWork, event: Event) -> None:
    """Tell the author of a post who likes it: once, however often a like is taken back and given again."""
    like = event.payload
    once = _once(event, "like", like["postId"], like["userId"])
    _tell_author(work, once, "POST_LIKED", like["userId"], like["postId"], {"likeId": like["id"]})


@subscribe(COMMENT_CREATED, name="notices.post-commented")
def tell_post_commented(work: UnitOfWork, event: Event) -> None:
    """Tell the author of a post who commented on it."""
    comment = event.payload
    _tell_author(work, event, "POST_COMMENTED", comment["authorUserId"], comment["postId"],
                 {"commentId": comment["id"]})


@subscribe(POST_CREATED, POST_UPDATED, name="notices.post-mentioned")
def tell_mentioned(work: UnitOfWork, event: Event) -> None:
    """Tell whom a post names: with a change, only whom it did not name before (NET-17), and nobody twice."""
    post = event.payload.get("post", event.payload)
    tell_of(work, _once(event, "mention", post["id"]), "POST_MENTIONED", post["authorUserId"],
            rules.new_mentions(event.payload), {"postId": post["id"]})


@subscribe(APPLICATION_CREATED, name="notices.job-application-submitted")
def tell_application_submitted(work: UnitOfWork, event: Event) -> None:
    """Give the applicant a receipt."""
    application, posting = event.payload, posting_facts(event.payload["jobPostingId"])
    if posting is not None:
        tell_all(work, event, "JOB_APPLICATION_SUBMITTED", [application["applicantUserId"]],
                 _about(application, posting), by_letter=True)


@subscribe(APPLICATION_CREATED, name="notices.job-application-received")
def tell_application_received(work: UnitOfWork, event: Event) -> None:
    """Tell who decides of an application; it carries neither résumé nor cover letter."""
    application, posting = event.payload, posting_facts(event.payload["jobPostingId"])
    if posting is not None:
        admins = admins_of(posting.company_id) if posting.company_id else []
        tell_of(work, event, "JOB_APPLICATION_RECEIVED", application["applicantUserId"],
                rules.deciders_of(posting.poster_id, posting.company_id, admins), _about(application, posting),
                despite_blocks=True)


@subscribe(APPLICATION_UPDATED, name="notices.job-application-status-updated")
def tell_application_moved(work: UnitOfWork, event: Event) -> None:
    """Tell the applicant what the application has come to; who decided stays unnamed."""
    application = event.payload["jobApplication"]
    posting = posting_facts(application["jobPostingId"])
    applicant = application["applicantUserId"]
    if posting is not None and "status" in event.payload["newDataValues"] and event.user_id != applicant:
        tell_all(work, event, "JOB_APPLICATION_STATUS_UPDATED", [applicant],
                 _about(application, posting) | {"status": application["status"]}, by_letter=True)


def _once(event: Event, *about: str) -> Event:
    """Return the event under an id of what it is about: nobody is told of the same by another event again."""
    return replace(event, event_id=str(uuid5(NAMESPACE_OID, "\n".join(about))))


def _tell_author(work: UnitOfWork, event: Event, notice_type: str, doer_id: str, post_id: str,
                 payload: dict[str, Any]) -> None:
    author = author_of_post(post_id)
    tell_of(work, event, notice_type, doer_id, [author] if author else [], payload | {"postId": post_id})


def _about(application: dict[str, Any], posting: PostingFacts) -> dict[str, Any]:
    return {"jobApplicationId": application["id"], "jobPostingId": application["jobPostingId"],
            "jobTitle": posting.title, "companyName": posting.company_name}
