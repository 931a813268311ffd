"""One file per exchange: where to ask and how to read the answer."""
