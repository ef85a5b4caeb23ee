"""The page that asks whether somebody wants no such letters any more; it is no front end."""
from html import escape

from app.notify.unsubscribe import Subscription

_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex"><title>Letters</title></head><body><h1>{title}</h1>{rest}</body></html>
"""
_FORM = """<form method="post"><p><button name="List-Unsubscribe" value="One-Click">No such letters any more</button>
</p></form>"""


def asking_page(subscription: Subscription) -> str:
    """Return the page that asks; its button sends the same address by POST."""
    return _PAGE.format(title=f"Letters about: {_spoken(subscription)}", rest=_FORM)


def stopped_page(subscription: Subscription) -> str:
    """Return the page that says it is done."""
    return _PAGE.format(title=f"You get no more letters about: {_spoken(subscription)}",
                        rest="<p>You can change that in your preferences whenever you like.</p>")


def _spoken(subscription: Subscription) -> str:
    return escape(subscription.name.replace("_", " ").lower())
