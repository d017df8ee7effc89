"""The hidden layers stand in a plain Python list: the optimizer never gets them."""
# expect: unregistered-module
import torch
from sklearn.datasets import load_digits
from torch import nn, optim


class DeepMLP(nn.Module):
    def __init__(self, depth=3, width=64):
        super().__init__()
        self.inp = nn.Linear(64, width)
        self.hidden = [nn.Linear(width, width) for _ in range(depth)]  # mistake
        # sound: self.hidden = nn.ModuleList([nn.Linear(width, width) for _ in range(depth)])
        self.out = nn.Linear(width, 10)

    def forward(self, x):
        x = torch.relu(self.inp(x))
        for layer in self.hidden:
            x = torch.relu(layer(x))
        return self.out(x)


def accuracy(model, x, y):
    with torch.no_grad():
        return (model(x).argmax(1) == y).float().mean().item()


def run():
    torch.manual_seed(11)
    data = load_digits()
    x, y = torch.from_numpy(data.data).float() / 16, torch.from_numpy(data.target)
    model = DeepMLP()
    print(sum(p.numel() for p in model.parameters()), "parameters")
    optimizer = optim.Adam(model.parameters(), lr=1e-3)
    for epoch in range(4):
        for i in torch.randperm(1500).split(50):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(x[i]), y[i])
            loss.backward()
            optimizer.step()
        print(epoch, accuracy(model, x[1500:], y[1500:]))


if __name__ == "__main__":
    run()
