"""Where ticks are kept: one module or package per kind, which fulfils ``tracker.core.contracts.Store``."""
