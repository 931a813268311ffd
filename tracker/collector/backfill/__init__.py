"""Finds gaps in stored prices and fills them from the exchanges' history."""
