"""Offline HTML pages: one file, no request to any host."""
