"""The words of each notification: in the app, and of LETTERS when it goes out as a mail, behind a greeting.

The app has no fact but the payload, so a listing's title stands where there is one. BID_UPDATED is no letter: each bid
on a hot auction would be one more to its seller."""
from app.notify.letters import LetterTemplate
from app.notify.notice_kinds import NoticeKind
from blueprints.platform.notification import words

_TITLED = "{{ ': ' ~ title if title }}"
_ON = "{{ ' on “' ~ title ~ '”' if title }}"
_FOR = "{{ ' for “' ~ title ~ '”' if title }}"
_THE_OFFER = "the offer of {{ (counterAmount or offerAmount) | amount(currency) }}" + _FOR + " was "

LETTERS = {
    "BID_OUTBID": LetterTemplate(
        "You were outbid" + _TITLED,
        "somebody bid more than you" + _ON + ". The price is now {{ bidAmount | amount(currency) }}."),
    "BID_WON": LetterTemplate(
        "You won" + _TITLED,
        "your bid of {{ bidAmount | amount(currency) }} won{{ ' “' ~ title ~ '”' if title }}. "
        "Please order it and pay."),
    "OFFER_PLACED": LetterTemplate(
        "New offer" + _TITLED,
        "you were offered {{ offerAmount | amount(currency) }}" + _FOR + "."
        "{% if message %}\n\nThe buyer writes: {{ message }}{% endif %}"),
    "OFFER_ACCEPTED": LetterTemplate("Offer accepted" + _TITLED, _THE_OFFER + "accepted."),
    "OFFER_DECLINED": LetterTemplate("Offer declined" + _TITLED, _THE_OFFER + "declined."),
    "OFFER_COUNTERED": LetterTemplate(
        "Counter-offer" + _TITLED,
        "the seller asks {{ counterAmount | amount(currency) }}" + _FOR
        + " instead of {{ offerAmount | amount(currency) }}."
        "{% if counterMessage %}\n\nThe seller writes: {{ counterMessage }}{% endif %}"),
    "ORDER_PLACED": LetterTemplate(
        "Order {{ orderNumber }} placed", "order {{ orderNumber }} was placed and waits for its payment."),
    "ORDER_PAID": LetterTemplate("Order {{ orderNumber }} paid", "order {{ orderNumber }} is paid."),
    "ORDER_SHIPPED": LetterTemplate(
        "Order {{ orderNumber }} shipped",
        "order {{ orderNumber }} is on its way{{ ' with ' ~ carrier if carrier }}"
        "{{ ', tracking number ' ~ trackingNumber if trackingNumber }}."),
    "ORDER_DELIVERED": LetterTemplate(
        "Order {{ orderNumber }} delivered", "order {{ orderNumber }} was delivered."),
    "ORDER_CANCELLED": LetterTemplate(
        "{{ '“' ~ title ~ '” of order' if title else 'Order' }} {{ orderNumber }} cancelled",
        "{% if title %}“{{ title }}” was taken out of order {{ orderNumber }}; the rest of it goes on."
        "{% else %}order {{ orderNumber }} was cancelled.{% endif %}"),
    "FEEDBACK_RECEIVED": LetterTemplate(
        "You received feedback", "a buyer rated your sale with {{ rating }} of 5."),
    "FEEDBACK_REQUESTED": LetterTemplate(
        "How was order {{ orderNumber }}?", "order {{ orderNumber }} has arrived. Please rate the seller."),
    "MESSAGE_RECEIVED": LetterTemplate("You have a new message", "somebody sent you a message on Guildhall."),
    words.SYSTEM_ALERT: words.KINDS[words.SYSTEM_ALERT].words,
}
_APP_ONLY = {
    "BID_UPDATED": LetterTemplate(
        "News of a bid", "a bid of {{ bidAmount | amount(currency) }} is now {{ status | lower }}."),
    "MESSAGE_SENT": LetterTemplate("Message sent", "your message was sent."),
}
KINDS = {name: NoticeKind(said, by_letter=name in LETTERS) for name, said in {**LETTERS, **_APP_ONLY}.items()
         if name not in words.KINDS}
