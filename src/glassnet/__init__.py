"""See through your neural network."""
