"""The words of the network's notices: in the app, and by letter behind a greeting.

`name` is the person behind it, `jobTitle` and `companyName` what it is about. The app knows no name: it shows the
person as that is now. What people write to each other stands in neither."""
from app.notify.letters import LetterTemplate
from app.notify.notice_kinds import NoticeKind

_WHO, _who = "{{ name or 'Somebody' }}", "{{ name or 'somebody' }}"
_JOB = "{{ ' for “' ~ jobTitle ~ '”' if jobTitle }}{{ ' at ' ~ companyName if jobTitle and companyName }}"
_PAGE = "{{ companyName or 'a company' }}"

KINDS = {name: NoticeKind(LetterTemplate(title, text)) for name, title, text in (
    ("CONNECTION_REQUEST_RECEIVED", _WHO + " wants to connect with you",
     _who + " asks you for a connection. Accept or decline it among your invitations."),
    ("CONNECTION_REQUEST_ACCEPTED", _WHO + " accepted your invitation", "you and " + _who + " are connected now."),
    ("MESSAGE_RECEIVED", "You have a new message", _who + " sent you a message on Guildhall."),
    ("JOB_APPLICATION_SUBMITTED", "Your application" + _JOB + " was submitted",
     "your application" + _JOB + " was submitted. You hear from us when its state changes."),
    ("JOB_APPLICATION_RECEIVED", "New application" + _JOB, _who + " applied" + _JOB + "."),
    ("JOB_APPLICATION_STATUS_UPDATED", "News of your application" + _JOB,
     "your application" + _JOB + " is now {{ 'in review' if status == 'in_review' else status }}."),
    ("POST_LIKED", _WHO + " likes your post", _who + " likes a post of yours."),
    ("POST_COMMENTED", _WHO + " commented on your post", _who + " commented on a post of yours."),
    ("POST_MENTIONED", _WHO + " mentioned you", _who + " mentioned you in a post."),
    ("COMPANY_FOLLOWED",
     "{{ 'Somebody asks to follow' if followState == 'requested' else 'A new follower of' }} " + _PAGE,
     _who + " {{ 'asks to follow' if followState == 'requested' else 'follows' }} " + _PAGE + "."),
    ("COMPANY_ADMIN_ASSIGNED", "You administer " + _PAGE + " now",
     _who + " made you an admin of " + _PAGE + ". If you do not want that, leave it on the page."),
    ("COMPANY_UPDATE_PUBLISHED", "News from " + _PAGE, _PAGE + ", which you follow, has published an update."),
)}
