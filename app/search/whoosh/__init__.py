"""The search port over an embedded Whoosh index folder: one writer process, any number of readers."""
