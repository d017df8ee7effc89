"""The losses are collected with their graphs, for a plot."""
# expect: graph-kept-alive

import torch
import torch.nn as nn


def fit(model, optimizer, batches, history):
    for inputs, targets in batches:
        loss = nn.functional.mse_loss(model(inputs), targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        history["loss"].append(loss)  # mistake
        # sound: history["loss"].append(loss.detach())


torch.manual_seed(0)
inputs = torch.rand(30, 16, 4)
targets = inputs.sum(2, keepdim=True)
model = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 1))
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
history = {"loss": []}
for epoch in range(3):
    fit(model, optimizer, zip(inputs, targets), history)
print([round(float(value), 3) for value in history["loss"][::15]])
