"""People as the other services must know them: who may trade or be written to, and whose rows are whose."""
