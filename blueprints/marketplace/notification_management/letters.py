"""The words of each notification when it goes out as a mail; an event of a type without words here mails nobody.

BID_UPDATED has none: each bid on a hot auction would be one more letter to its seller."""
from app.notify.letters import LetterTemplate

_HELLO = "Hello{{ ' ' ~ fullname if fullname }},\n\n"
_THE_OFFER = _HELLO + "the offer of {{ (counterAmount or offerAmount) | amount(currency) }} for “{{ title }}” was "

LETTERS = {
    "BID_OUTBID": LetterTemplate(
        "You were outbid: {{ title }}",
        _HELLO + "somebody bid more than you on “{{ title }}”. The price is now {{ bidAmount | amount(currency) }}."),
    "BID_WON": LetterTemplate(
        "You won: {{ title }}",
        _HELLO + "your bid of {{ bidAmount | amount(currency) }} won “{{ title }}”. Please order it and pay."),
    "OFFER_PLACED": LetterTemplate(
        "New offer: {{ title }}",
        _HELLO + "you were offered {{ offerAmount | amount(currency) }} for “{{ title }}”."
                 "{% if message %}\n\nThe buyer writes: {{ message }}{% endif %}"),
    "OFFER_ACCEPTED": LetterTemplate("Offer accepted: {{ title }}", _THE_OFFER + "accepted."),
    "OFFER_DECLINED": LetterTemplate("Offer declined: {{ title }}", _THE_OFFER + "declined."),
    "OFFER_COUNTERED": LetterTemplate(
        "Counter-offer: {{ title }}",
        _HELLO + "the seller asks {{ counterAmount | amount(currency) }} for “{{ title }}” "
                 "instead of {{ offerAmount | amount(currency) }}."
                 "{% if counterMessage %}\n\nThe seller writes: {{ counterMessage }}{% endif %}"),
    "ORDER_PLACED": LetterTemplate(
        "Order {{ orderNumber }} placed", _HELLO + "order {{ orderNumber }} was placed and waits for its payment."),
    "ORDER_PAID": LetterTemplate("Order {{ orderNumber }} paid", _HELLO + "order {{ orderNumber }} is paid."),
    "ORDER_SHIPPED": LetterTemplate(
        "Order {{ orderNumber }} shipped",
        _HELLO + "order {{ orderNumber }} is on its way{{ ' with ' ~ carrier if carrier }}"
                 "{{ ', tracking number ' ~ trackingNumber if trackingNumber }}."),
    "ORDER_DELIVERED": LetterTemplate(
        "Order {{ orderNumber }} delivered", _HELLO + "order {{ orderNumber }} was delivered."),
    "ORDER_CANCELLED": LetterTemplate(
        "{{ '“' ~ title ~ '” of order' if title else 'Order' }} {{ orderNumber }} cancelled",
        _HELLO + "{% if title %}“{{ title }}” was taken out of order {{ orderNumber }}; the rest of it goes on."
                 "{% else %}order {{ orderNumber }} was cancelled.{% endif %}"),
    "FEEDBACK_RECEIVED": LetterTemplate(
        "You received feedback", _HELLO + "a buyer rated your sale with {{ rating }} of 5."),
    "FEEDBACK_REQUESTED": LetterTemplate(
        "How was order {{ orderNumber }}?", _HELLO + "order {{ orderNumber }} has arrived. Please rate the seller."),
    "MESSAGE_RECEIVED": LetterTemplate("You have a new message", _HELLO + "somebody sent you a message on Guildhall."),
    "SYSTEM_ALERT": LetterTemplate(
        "{{ subject or 'A notice from Guildhall' }}", _HELLO + "{{ message or 'Please see your notifications.' }}",
        own=("subject", "message")),
}
