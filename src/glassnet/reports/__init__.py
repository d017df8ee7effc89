"""Runs to offline pages: the report of one, the comparison of several."""
