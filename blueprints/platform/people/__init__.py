"""People as the other services must know them: who may trade now, and whose rows are whose."""
