"""A trace to pictures: the graph of a network, feature maps, kernels, activation curves, a moving window."""
