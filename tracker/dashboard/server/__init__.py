"""What stands between viewers and the page's kernels: loaded by Voila's server, as ``voila.json`` names it."""
