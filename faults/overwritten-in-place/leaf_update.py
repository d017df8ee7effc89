"""Weights written by hand are updated in place while gradients are recorded."""
# expect: overwritten-in-place
import torch

torch.manual_seed(0)
x = torch.randn(128, 5)
y = x @ torch.tensor([1.0, -2.0, 0.5, 0.0, 3.0]) + 0.1
layer = torch.nn.Linear(5, 1)
optimizer = torch.optim.SGD(layer.parameters(), lr=0.1)
for epoch in range(40):
    layer.weight[layer.weight.abs() < 1e-3] = 0.0  # mistake
    # sound: layer.weight.data[layer.weight.abs() < 1e-3] = 0.0
    loss = ((layer(x).squeeze(1) - y) ** 2).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print("final", loss.item())
