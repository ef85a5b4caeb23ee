"""Jobs of the network: who offers them, who applies, and what becomes of applications."""
