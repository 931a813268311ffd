"""Rehearsals: what a rule would have done over stored prices."""
