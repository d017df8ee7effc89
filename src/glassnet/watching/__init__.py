"""Watch a training that somebody else wrote: what PyTorch does is noted, nothing is changed."""
