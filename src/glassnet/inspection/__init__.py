"""A trace to numbers and pictures: table, sizes, receptive field, graph, feature maps, curves."""
