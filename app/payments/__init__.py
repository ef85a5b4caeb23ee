"""Payments: the gateway port, the Stripe adapter, and the one checkout flow every realm shares."""
