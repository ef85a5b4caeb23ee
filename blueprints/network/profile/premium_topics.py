"""What became of a payment of premium, literal from the documents (rules-network §6D), and a topic of ours."""
from app.payments.states import CANCELED, FAILED, STARTED, SUCCESS

PAYMENT_STARTED = "linkedin-profile-service-premiumsubscriptionpaymentstatus-started"
PAYMENT_SUCCEEDED = "linkedin-profile-service-premiumsubscriptionpaymentstatus-succeeded"
PAYMENT_FAILED = "linkedin-profile-service-premiumsubscriptionpaymentstatus-failed"

CUSTOMER_LEFT = "linkedin-profile-service-payment-customer-left"
"""The gateway shall forget this customer, whose person is gone for good; the key is the id there."""

PAYMENT_STATUS = {STARTED: PAYMENT_STARTED, SUCCESS: PAYMENT_SUCCEEDED, FAILED: PAYMENT_FAILED,
                  CANCELED: PAYMENT_FAILED}
PREMIUM_TOPICS = (PAYMENT_STARTED, PAYMENT_SUCCEEDED, PAYMENT_FAILED, CUSTOMER_LEFT)
