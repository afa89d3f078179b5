"""Tables of people, their roles and grants, sign-in attempts."""
