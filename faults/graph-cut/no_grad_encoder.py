"""An encoder that is to be trained runs under no_grad."""
# expect: graph-cut
import argparse

import torch
import torch.nn.functional as F
from torch import nn


class Encoder(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.a = nn.Linear(30, width)
        self.b = nn.Linear(width, width)

    def forward(self, x):
        return F.relu(self.b(F.relu(self.a(x))))


class Model(nn.Module):
    def __init__(self, width=64, classes=5):
        super().__init__()
        self.encoder = Encoder(width)
        self.head = nn.Linear(width, classes)

    def forward(self, x):
        with torch.no_grad():  # mistake
            z = self.encoder(x)  # mistake
        # sound: z = self.encoder(x)
        return self.head(z)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=80)
    args = parser.parse_args()
    torch.manual_seed(2)
    proto = torch.randn(5, 30)
    model = Model()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    for step in range(args.steps):
        y = torch.randint(5, (64,))
        x = proto[y] + torch.randn(64, 30)
        loss = F.cross_entropy(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step % 20 == 0:
            print(step, loss.item())


if __name__ == "__main__":
    main()
