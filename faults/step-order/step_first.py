"""step() comes before backward(), and zero_grad() after it: PyTorch stops with an error about in-place changes."""
# expect: step-order

import torch
import torch.nn as nn
import torch.nn.functional as F


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 6, 3)
        self.fc1 = nn.Linear(6 * 9, 24)
        self.fc2 = nn.Linear(24, 3)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv(x)), 2)
        return self.fc2(F.relu(self.fc1(x.flatten(1))))


def main():
    torch.manual_seed(1)
    patterns = torch.randn(3, 1, 8, 8)
    model = Net()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for step in range(40):
        y = torch.randint(0, 3, (32,))
        x = patterns[y] + 0.5 * torch.randn(32, 1, 8, 8)
        loss = F.cross_entropy(model(x), y)
        optimizer.step()  # mistake
        optimizer.zero_grad()
        loss.backward()
        # sound: optimizer.step()
        if step % 10 == 0:
            print(step, loss.item())


if __name__ == "__main__":
    main()
