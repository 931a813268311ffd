"""The widgets of the live page beside its charts."""
