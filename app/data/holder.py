"""Where the runtime stands in app.extensions: the runtime puts itself there, and the floor below finds it there.

A module of its own, so that who only wants the runtime, as the help of a command, imports no database."""
RUNTIME = "guildhall"  # our only key in app.extensions
