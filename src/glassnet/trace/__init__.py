"""One pass through a network, as it happened: `record` runs it and returns a `Trace`, which is plain data."""
