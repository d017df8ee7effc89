"""What a network says about pictures, and how good that is.

- `forward`: pictures through a network, batch by batch
- `predictions`: the noun `Predictions`: logits, labels and paths of one split, saved once
- `scores`: predictions to accuracy, its interval, top-k, and figures per class and on average
- `confusion`: which class is taken for which
- `curves`: precision and recall, and ROC, of each class
- `calibration`: whether probabilities can be believed, and the temperature that mends them
- `mistakes`: single pictures worth a look
- `slices`: accuracy in parts of a split
- `judgement`: the noun `Judgement`: all of these for one split
- `tables`: predictions as CSV and Parquet
"""
