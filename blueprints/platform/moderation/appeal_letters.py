"""The words of the letter by which a person learns how an appeal ended."""
from app.notify.letters import LetterTemplate

_HELLO = "Hello{{ ' ' ~ fullname if fullname }},\n\nyour appeal p{{ number }} against strike s{{ strikeNumber }} "
LETTERS = {
    "GRANTED": LetterTemplate(
        "Your appeal p{{ number }} was granted",
        _HELLO + "was granted: {{ reason }}\n\nThe strike counts no more, and what was done with it is undone. What "
                 "has ended meanwhile, such as an auction that closed, does not come back.", own=("reason",)),
    "DENIED": LetterTemplate(
        "Your appeal p{{ number }} was denied",
        _HELLO + "was denied: {{ reason }}\n\nThe strike stays until it lapses. A strike can be appealed once.",
        own=("reason",)),
}

