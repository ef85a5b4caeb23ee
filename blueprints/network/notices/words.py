"""The kinds of the network's notices; what they say stands in `templates`: in the app, and by letter behind a greeting.

`name` is the person behind it, `jobTitle` and `companyName` what it is about. The app knows no name: it shows the
person as that is now. What people write to each other stands in neither."""
from pathlib import Path

from app.notify.letter_templates import LetterTemplate
from app.notify.notice_kinds import NoticeKind

KINDS = {name: NoticeKind(LetterTemplate(name, Path(__file__).parent / "templates")) for name in (
    "CONNECTION_REQUEST_RECEIVED", "CONNECTION_REQUEST_ACCEPTED", "MESSAGE_RECEIVED", "JOB_APPLICATION_SUBMITTED",
    "JOB_APPLICATION_RECEIVED", "JOB_APPLICATION_STATUS_UPDATED", "POST_LIKED", "POST_COMMENTED", "POST_MENTIONED",
    "COMPANY_FOLLOWED", "COMPANY_ADMIN_ASSIGNED", "COMPANY_UPDATE_PUBLISHED")}
