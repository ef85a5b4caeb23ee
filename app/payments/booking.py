"""What a payment's state means, as pure decisions: one mapping for start, refresh, webhook and reconcile alike.

Success is final; a failure that arrives late never undoes it."""

STARTED, SUCCESS, FAILED, CANCELED = "started", "success", "failed", "canceled"
"""The statusLiteral of a payment ticket (rules-marketplace §7.1)."""

SENDING, OPEN = "sending", "open"
UNSETTLED_STATES = (SENDING, OPEN)
"""sending: the gateway's answer is not recorded yet; open: it waits for the payer or the bank."""

CONFIRMATIONS = ("pending", "processing", "paid", "canceled")

_OUTCOME_OF_INTENT = {
    "succeeded": SUCCESS,
    "requires_action": STARTED, "requires_confirmation": STARTED, "processing": STARTED, "requires_capture": STARTED,
    "canceled": CANCELED,
    "requires_payment_method": FAILED,
}
_STATE_OF_OUTCOME = {STARTED: OPEN, SUCCESS: SUCCESS, FAILED: FAILED, CANCELED: CANCELED}
_MAY_BECOME = {
    SENDING: {OPEN, FAILED, CANCELED, SUCCESS},
    OPEN: {FAILED, CANCELED, SUCCESS},
    FAILED: {OPEN, CANCELED, SUCCESS},
    CANCELED: {SUCCESS},
    SUCCESS: set[str](),
}
_REFUND_STATE_OF = {"succeeded": "succeeded", "failed": "failed", "canceled": "failed"}


def outcome_of(intent_status: str) -> str | None:
    """Return what an intent's status means for its order; None for a word we do not know: no change (OR18).

    Every intent is confirmed when it is made, so requires_payment_method means that the card failed (§7.3)."""
    return _OUTCOME_OF_INTENT.get(intent_status)


def next_state(state: str, outcome: str | None) -> str:
    """Return the attempt's state after `outcome` was seen; the same state when it brings nothing new."""
    wanted = _STATE_OF_OUTCOME.get(outcome or "", state)
    return wanted if wanted in _MAY_BECOME[state] else state


def refund_state(status: str) -> str:
    """Return our word for the gateway's word on a refund; whatever is not final is pending."""
    return _REFUND_STATE_OF.get(status, "pending")
