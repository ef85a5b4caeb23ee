"""The kinds of the marketplace's notices; what they say stands in `templates`: in the app, and of LETTERS when it goes
out as a mail, behind a greeting. The app has no fact but the payload, so a listing's title stands where there is one.

BID_UPDATED is no letter: each bid on a hot auction would be one more to its seller."""
from pathlib import Path

from app.notify.letter_templates import LetterTemplate
from app.notify.notice_kinds import NoticeKind
from blueprints.marketplace.notification_management.rules import TYPES
from blueprints.platform.notification import words

_APP_ONLY = ("BID_UPDATED", "MESSAGE_SENT")
KINDS = {name: NoticeKind(LetterTemplate(name, Path(__file__).parent / "templates"), by_letter=name not in _APP_ONLY)
         for name in TYPES if name not in words.KINDS}
LETTERS = {name: kind.words for name, kind in (KINDS | words.KINDS).items() if kind.by_letter}
