"""The words of the letter by which a person learns how an appeal ended."""
from app.notify.letters import LetterTemplate

_HELLO = "Hello{{ ' ' ~ fullname if fullname }},\n\nyour appeal p{{ number }} against {{ against }} "
LETTERS = {
    "GRANTED": LetterTemplate(
        "Your appeal p{{ number }} was granted",
        _HELLO + "was granted: {{ reason }}\n\nWhat was done is undone{{ ', and the strike counts no more' if "
                 "isStrike }}. What has ended meanwhile does not come back.",
        own=("reason",)),
    "DENIED": LetterTemplate(
        "Your appeal p{{ number }} was denied",
        _HELLO + "was denied: {{ reason }}\n\n{{ 'The strike stays until it lapses' if isStrike else 'What was decided "
                 "stays' }}. One can appeal against it once.", own=("reason",)),
}
