"""What a security event may be about, apart from its table: the terminal names these without loading a database."""

KINDS = ("login", "logout", "session", "second-factor", "password", "code", "role", "lock", "email", "phone", "account",
         "client", "suspension")
