"""One file per way to make sure a job is done once."""
