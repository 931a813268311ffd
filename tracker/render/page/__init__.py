"""The state of a page, the condition of its markets, and the address that holds the viewer's choices."""
