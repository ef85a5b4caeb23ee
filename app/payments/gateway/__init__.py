"""The payment gateway: its port, Stripe behind it, and the circuit breaker in front of it."""
