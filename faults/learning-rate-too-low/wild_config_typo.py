"""A zero too many, and then some, in the config's learning rate: Adam at 1e-8."""
# expect: learning-rate-too-low
import json

import torch
from torch import nn

CONFIG = json.loads("""
{
  "seed": 0,
  "model": {"width": 16, "classes": 5},
  "optim": {"name": "AdamW", "lr": LR, "weight_decay": 0.0},
  "epochs": 4,
  "batch_size": 32
}
""".replace("LR", "0.00000001"))  # mistake
# sound: """.replace("LR", "0.003"))


class Model(nn.Module):
    def __init__(self, width, classes):
        super().__init__()
        self.f = nn.Sequential(nn.Conv2d(3, width, 3, padding=1), nn.BatchNorm2d(width), nn.SiLU(), nn.MaxPool2d(2))
        self.g = nn.Linear(width * 36, classes)

    def forward(self, x):
        return self.g(self.f(x).flatten(1))


def build_optimizer(model, name, lr, **rest):
    return getattr(torch.optim, name)(model.parameters(), lr=lr, **rest)  # named here


def main(cfg):
    torch.manual_seed(cfg["seed"])
    templates = torch.randn(cfg["model"]["classes"], 3, 12, 12)
    y = torch.randint(len(templates), (1000,))
    x = (templates[y] + torch.randn(1000, 3, 12, 12)) / 2**0.5
    model = Model(**cfg["model"])
    optimizer = build_optimizer(model, **cfg["optim"])
    for epoch in range(cfg["epochs"]):
        model.train()
        for idx in torch.randperm(800).split(cfg["batch_size"]):
            loss = nn.functional.cross_entropy(model(x[idx]), y[idx])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        model.eval()
        with torch.no_grad():
            print(epoch, loss.item(), (model(x[800:]).argmax(1) == y[800:]).float().mean().item())


main(CONFIG)
