"""Alerts: rules about prices, when they hold, and who is told."""
