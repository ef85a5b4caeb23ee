"""What a service needs to have its orders paid by card, in every realm the same: it declares a Checkout."""
