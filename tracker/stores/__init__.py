"""One file per kind of store."""
