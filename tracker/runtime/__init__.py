"""What a process stands on: files, addresses of this machine, settings, clocks, threads."""
