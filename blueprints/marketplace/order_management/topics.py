"""Topics of orderManagement, literal from the contract and the documents of the payment flow (054)."""
from app.payments.records import CANCELED, FAILED, STARTED, SUCCESS

ORDER_CREATED = "ebaycclone-ordermanagement-service-dbevent-ordermanagementorder-created"
ORDER_UPDATED = "ebaycclone-ordermanagement-service-dbevent-ordermanagementorder-updated"
ORDER_DELETED = "ebaycclone-ordermanagement-service-dbevent-ordermanagementorder-deleted"
ITEM_CREATED = "ebaycclone-ordermanagement-service-dbevent-ordermanagementorderitem-created"
ITEM_DELETED = "ebaycclone-ordermanagement-service-dbevent-ordermanagementorderitem-deleted"

PAYMENT_STARTED = "ebaycclone-ordermanagement-service-ordermanagementorderpaymentstatus-started"
PAYMENT_SUCCEEDED = "ebaycclone-ordermanagement-service-ordermanagementorderpaymentstatus-succeeded"
PAYMENT_FAILED = "ebaycclone-ordermanagement-service-ordermanagementorderpaymentstatus-failed"

PAYMENT_STATUS = {STARTED: PAYMENT_STARTED, SUCCESS: PAYMENT_SUCCEEDED, FAILED: PAYMENT_FAILED,
                  CANCELED: PAYMENT_FAILED}
