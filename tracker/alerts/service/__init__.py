"""The service that watches rules and sends what follows, in the process that holds the lease."""
