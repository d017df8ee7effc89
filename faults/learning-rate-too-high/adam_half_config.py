"""Adam with a learning rate of 0.5 from a dict of settings."""
# expect: learning-rate-too-high
import torch
from torch import nn

config = {
    "batch": 64,
    "lr": 0.5,  # mistake
    # sound: "lr": 0.002,
    "hidden": 128,
}
torch.manual_seed(0)
proto = torch.randn(10, 40)
model = nn.Sequential(
    nn.Linear(40, config["hidden"]), nn.ReLU(), nn.Linear(config["hidden"], config["hidden"]), nn.ReLU(),
    nn.Linear(config["hidden"], 10),
)
opt = torch.optim.Adam(model.parameters(), lr=config["lr"])  # named here


def step():
    y = torch.randint(10, (config["batch"],))
    x = proto[y] + torch.randn(config["batch"], 40)
    loss = nn.functional.cross_entropy(model(x), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    return loss.item()


losses = [step() for _ in range(120)]
print(losses[0], losses[-1])
