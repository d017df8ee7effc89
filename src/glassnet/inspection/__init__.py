"""A trace to numbers: table, sizes, receptive field, facts of tensors, windows."""
