"""The charts of the live page, drawn with bqplot."""
