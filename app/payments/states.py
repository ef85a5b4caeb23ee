"""The states of payments and refunds, as words: whoever only names them maps none of the tables of payments."""
MANUAL = "manual"

STARTED, SUCCESS, FAILED, CANCELED = "started", "success", "failed", "canceled"
"""The statusLiteral of a payment reference (rules-marketplace §7.1)."""

SENDING, OPEN = "sending", "open"
UNSETTLED_STATES = (SENDING, OPEN)
"""sending: the gateway's answer is not recorded yet; open: it waits for the payer or the bank."""

CONFIRMATIONS = ("pending", "processing", "paid", "canceled")

REQUESTED, PENDING, SUCCEEDED, REFUND_FAILED = "requested", "pending", "succeeded", "failed"
"""The states of a refund."""
