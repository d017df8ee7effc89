"""Pictures and a network to a trained network.

- `recipe`: the noun `Recipe`: every choice of one training, read and written as TOML
- `choices`: automatic choices, each with its reason
- `batches`: the order of the pictures and their augmentation
- `optim`, `muon`: optimizers and the learning rate over time
- `loop`: the training loop, a generator of events
- `events`: what happens in a training
- `checkpoint`: the state of a training to bytes and back
- `keep`: events to the files of a run
- `nonfinite`, `memory`: what is told when a step fails
"""
