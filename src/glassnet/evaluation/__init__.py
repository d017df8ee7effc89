"""What a network says about pictures, and how good that is.

- `forward`: pictures through a network, batch by batch
- `predictions`: the noun `Predictions`: logits, labels and paths of one split, saved once
- `scores`: predictions to accuracy, its interval, and figures per class
"""
