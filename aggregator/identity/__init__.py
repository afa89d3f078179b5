"""Who asks: API keys for programs, accounts and sessions for people."""
