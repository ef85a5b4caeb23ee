"""What a stored resource is and may become; pure: nothing here knows a framework, a database or a clock."""
