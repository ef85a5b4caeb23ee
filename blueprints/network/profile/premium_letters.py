"""The letter that premium ends soon (NET-27)."""
from pathlib import Path

from app.notify.letter_templates import LetterTemplate

PREMIUM_ENDS = LetterTemplate("PREMIUM_ENDS", Path(__file__).parent / "templates")
