"""One module per exchange: which paths to request and how to read the responses."""
