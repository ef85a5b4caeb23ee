"""What services tell people, each kind with its words. Services declare them (`notices=` in service.py), so that
whoever lists, mails or mutes notices knows all there are."""
from dataclasses import dataclass

from app.notify.letter_templates import LetterTemplate


@dataclass(frozen=True)
class NoticeKind:
    """One kind of notice.

    `words` are the title and the text, without a greeting, of the letter and of the notice in the app. The app knows
    the notice's payload only: the words must also read well without the facts that the letter has besides."""

    words: LetterTemplate
    by_letter: bool = True
    """False: it is told in the app alone."""


class NoticeKinds(dict[tuple[str, str], NoticeKind]):
    """The kinds of one application, by realm and type."""
