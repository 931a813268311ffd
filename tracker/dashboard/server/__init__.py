"""The extensions of Voila's server, loaded through ``voila.json``, and the program that starts the server."""
