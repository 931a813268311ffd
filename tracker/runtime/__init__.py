"""Foundations of every process: settings, clocks, threads, signals, files, locks."""
