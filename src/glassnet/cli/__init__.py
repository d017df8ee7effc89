"""The command line: one command a file, each with the name and options of its Python verb; loads no torch."""
