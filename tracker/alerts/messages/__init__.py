"""Messages about firings, and the picture of their market."""
