"""Adversarial training: a first backward pass only serves the attack, its gradients are cleared before the step."""

import torch
import torch.nn.functional as F
from torch import nn

torch.manual_seed(0)
patterns = torch.randn(4, 1, 8, 8)
y = torch.randint(0, 4, (500,))
x = patterns[y] + 0.6 * torch.randn(500, 1, 8, 8)
model = nn.Sequential(nn.Conv2d(1, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.Flatten(), nn.Linear(288, 4))
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)


def attack(images, labels, epsilon=0.05):
    model.eval()
    images = images.clone().requires_grad_(True)
    F.cross_entropy(model(images), labels).backward()
    adversarial = (images + epsilon * images.grad.sign()).detach()
    model.train()
    return adversarial


for epoch in range(3):
    for idx in torch.randperm(400).split(40):
        hard = attack(x[idx], y[idx])
        optimizer.zero_grad()
        loss = F.cross_entropy(model(hard), y[idx])
        loss.backward()
        optimizer.step()
    print(epoch, loss.item())
model.eval()
hard = attack(x[400:], y[400:])
model.eval()
with torch.no_grad():
    print("clean", (model(x[400:]).argmax(1) == y[400:]).float().mean().item())
    print("robust", (model(hard).argmax(1) == y[400:]).float().mean().item())
