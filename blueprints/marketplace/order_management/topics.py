"""Topics of orderManagement, literal from the contract and the documents of the payment flow (054).

What a cancel and a dispute mean is ours (decisions/067), and that a customer left (099)."""
from app.payments.states import CANCELED, FAILED, STARTED, SUCCESS

ORDER_CREATED = "ebaycclone-ordermanagement-service-dbevent-ordermanagementorder-created"
ORDER_UPDATED = "ebaycclone-ordermanagement-service-dbevent-ordermanagementorder-updated"
ITEM_CREATED = "ebaycclone-ordermanagement-service-dbevent-ordermanagementorderitem-created"
ITEM_DELETED = "ebaycclone-ordermanagement-service-dbevent-ordermanagementorderitem-deleted"

ORDER_CANCELLED = "ebaycclone-ordermanagement-service-order-cancelled"
"""Nobody can pay the order any more: not a card that was declined, which leaves it payable (decision 15)."""

ORDER_DISPUTED = "ebaycclone-ordermanagement-service-order-disputed"

PAYMENT_STARTED = "ebaycclone-ordermanagement-service-ordermanagementorderpaymentstatus-started"
PAYMENT_SUCCEEDED = "ebaycclone-ordermanagement-service-ordermanagementorderpaymentstatus-succeeded"
PAYMENT_FAILED = "ebaycclone-ordermanagement-service-ordermanagementorderpaymentstatus-failed"

CUSTOMER_LEFT = "ebaycclone-ordermanagement-service-payment-customer-left"
"""The gateway shall forget this customer, whose person is gone for good; the key is the id there."""

PAYMENT_STATUS = {STARTED: PAYMENT_STARTED, SUCCESS: PAYMENT_SUCCEEDED, FAILED: PAYMENT_FAILED,
                  CANCELED: PAYMENT_FAILED}
