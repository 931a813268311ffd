"""Alerts in words: what a rule means, where it stands, and what happened. Text only, no HTML."""
