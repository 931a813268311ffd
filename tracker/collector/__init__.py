"""Asks the exchanges, checks the answers and appends prices to the store."""
