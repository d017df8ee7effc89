"""print(model) does not show my conv layers: they are in a normal python list."""
# expect: unregistered-module not-in-optimizer
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset


class FlexibleCNN(nn.Module):
    def __init__(self, channels=[1, 16, 32, 32], n_classes=10):
        super(FlexibleCNN, self).__init__()
        self.convs = []  # mistake
        # sound: self.convs = nn.ModuleList()
        for i in range(len(channels) - 1):
            self.convs.append(nn.Conv2d(channels[i], channels[i + 1], 3, padding=1))  # named here
        self.fc = nn.Linear(channels[-1], n_classes)

    def forward(self, x):
        for conv in self.convs:
            x = F.relu(conv(x))  # named here
        x = F.adaptive_max_pool2d(x, 1).flatten(1)
        return self.fc(x)


def get_loaders(bs):
    d = load_digits()
    imgs = (torch.tensor(d.images, dtype=torch.float) / 16 - 0.5) / 0.5
    ds = TensorDataset(imgs[:, None], torch.tensor(d.target))
    tr, va = torch.utils.data.random_split(ds, [1500, 297])
    return DataLoader(tr, bs, shuffle=True), DataLoader(va, bs)


def main():
    torch.manual_seed(0)
    train_dl, val_dl = get_loaders(50)
    device = 'cpu'
    model = FlexibleCNN().to(device)
    print(model)
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)  # named here
    for epoch in range(5):
        model.train()
        for xb, yb in train_dl:
            loss = F.cross_entropy(model(xb.to(device)), yb.to(device))
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
        model.eval()
        with torch.no_grad():
            correct = sum((model(xb).argmax(1) == yb).sum().item() for xb, yb in val_dl)
        print(epoch, loss.item(), correct / 297)


main()
