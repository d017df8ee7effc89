"""Runs to TensorBoard.

- `scalars`: loss, accuracy, rates and norms, histograms, while a training goes on
- `finished`: what a finished run adds, as one event file that is whole or not there
- `layers`: a trace to pictures of what goes into each layer and what comes out
- `graph`: a trace to TensorBoard's graph
- `judged`: predictions to figures, precision-recall curves, confusion
- `projector`: pictures as points, with labels and thumbnails
- `choices`: the recipe as hyper-parameters, with the accuracies they gave
- `server`: the real TensorBoard server
- `event_file`: events to bytes
"""
