"""The letter that premium ends soon (NET-27)."""
from app.notify.letters import LetterTemplate

PREMIUM_ENDS = LetterTemplate(
    "Your premium ends on {{ day }}",
    "Hello{{ ' ' ~ fullname if fullname }},\n\nyour premium ends on {{ day }} (UTC). Nothing is charged by itself: to "
    "keep it, pay another {{ days }} days before, and they begin where these end.\n\nAfterwards your profile stays as "
    "it is; you write five personal notes a month, and who looked at your profile is shown without names.")
