"""Talks to exchanges: HTTP, rate limits, batches and lists of pairs."""
