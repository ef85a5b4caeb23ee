"""What people are told in every realm: notices in the app, and the letters of accounts and notices."""
