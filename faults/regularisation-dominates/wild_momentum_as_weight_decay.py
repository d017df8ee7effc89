"""0.9 was meant as momentum but given as weight_decay: the weights are pulled to zero."""
# expect: regularisation-dominates
import torch
from torch import nn
from torch.optim import SGD


class Small(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3, padding=1)
        self.conv2 = nn.Conv2d(16, 16, 3, padding=1)
        self.fc = nn.Linear(16 * 9, 5)

    def forward(self, x):
        x = torch.max_pool2d(self.conv1(x).relu(), 2)
        x = torch.max_pool2d(self.conv2(x).relu(), 2)
        return self.fc(x.flatten(1))


def main():
    torch.manual_seed(0)
    kinds = torch.randn(5, 1, 12, 12)
    y = torch.randint(5, (1000,))
    x = (kinds[y] + torch.randn(1000, 1, 12, 12)) / 2**0.5
    model = Small()
    optimizer = SGD(model.parameters(), lr=0.05, weight_decay=0.9)  # mistake
    # sound: optimizer = SGD(model.parameters(), lr=0.05, momentum=0.9)
    for epoch in range(4):
        for idx in torch.randperm(800).split(20):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(x[idx]), y[idx])
            loss.backward()
            optimizer.step()
        print("epoch", epoch, "loss", loss.item())
    with torch.no_grad():
        print("accuracy", (model(x[800:]).argmax(1) == y[800:]).float().mean().item())


if __name__ == "__main__":
    main()
