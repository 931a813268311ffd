"""The database of alerts: states, firings, and what is still to be sent."""
