"""Imports price files of other programs and older versions."""
