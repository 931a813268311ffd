"""Stored prices in use."""
