"""Rules: their language, and what the settings say of each."""
