"""The in-app notifications of the marketplace and the letters that go with them."""
