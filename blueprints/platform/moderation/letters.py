"""The letters of moderation: what was done to a person, what staff ask, what became of reports and appeals."""
from pathlib import Path

from app.notify.letter_templates import LetterTemplate

_TEXTS = Path(__file__).parent / "templates"
STATEMENT = LetterTemplate("STATEMENT_OF_REASONS", _TEXTS, own=("subject", "text"))
TAKEN_BACK = LetterTemplate("ACT_UNDONE", _TEXTS, own=("subject", "text"))
"""Titles and words of others in both are made plain before (sentences.py); the rest is ours or the staff's."""
QUESTION = LetterTemplate("MODERATION_QUESTION", _TEXTS, own=("question",))
RECEIPT_LETTER = LetterTemplate("REPORT_RECEIPT", _TEXTS, own=("said", "moment", "thing"))
OUTCOME_LETTER = LetterTemplate("REPORT_OUTCOME", _TEXTS, own=("said", "moment", "thing"))
APPEALS = {state: LetterTemplate(f"APPEAL_{state}", _TEXTS, own=("reason",)) for state in ("GRANTED", "DENIED")}
LETTERS = (STATEMENT, TAKEN_BACK, QUESTION, RECEIPT_LETTER, OUTCOME_LETTER, *APPEALS.values())
