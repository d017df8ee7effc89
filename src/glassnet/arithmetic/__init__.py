"""One number of a network, worked by hand: which numbers it is made of, in float64, beside PyTorch's own."""
