"""What the person of a webhook is written when its receiver does not take what it is sent (FD-18)."""
from pathlib import Path

from app.notify.letter_templates import LetterTemplate

_TEXTS = Path(__file__).parent / "templates"
FAILING = LetterTemplate("WEBHOOK_FAILING", _TEXTS, own=("since",))
STOPPED = LetterTemplate("WEBHOOK_SUSPENDED", _TEXTS, own=("since",))
