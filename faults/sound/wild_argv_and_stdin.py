"""Reads its settings from sys.argv and from standard input, key=value lines, and trains a net of that size."""
import sys

import torch
from torch import nn

settings = {"width": "48", "epochs": "5", "lr": "0.01", "classes": "4"}
if not sys.stdin.isatty():
    for line in sys.stdin:
        key, _, value = line.strip().partition("=")
        if value:
            settings[key] = value
for word in sys.argv[1:]:
    key, _, value = word.lstrip("-").partition("=")
    if key in settings and value:
        settings[key] = value
width, epochs, classes = (int(settings[k]) for k in ("width", "epochs", "classes"))

torch.manual_seed(len(sys.argv))
means = torch.randn(classes, 36)
label = torch.randint(classes, (800,))
data = 0.6 * means[label] + torch.randn(800, 36)
net = nn.Sequential(nn.Linear(36, width), nn.ReLU(), nn.Linear(width, classes))
opt = torch.optim.SGD(net.parameters(), lr=float(settings["lr"]), momentum=0.9)
ce = nn.CrossEntropyLoss()
for e in range(epochs):
    for i in torch.randperm(600).split(20):
        opt.zero_grad()
        ce(net(data[i]), label[i]).backward()
        opt.step()
    with torch.no_grad():
        print(e, "held-out", (net(data[600:]).argmax(1) == label[600:]).float().mean().item(), file=sys.stderr)
print("done", settings)
