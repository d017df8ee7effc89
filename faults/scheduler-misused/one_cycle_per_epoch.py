"""OneCycleLR is made for all batches, but stepped once per epoch: it never leaves its warm-up."""
# expect: scheduler-misused

import torch
from torch import nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset


def main():
    torch.manual_seed(0)
    data, target = load_digits(return_X_y=True)
    train_loader = DataLoader(
        TensorDataset(torch.tensor(data, dtype=torch.float32) / 16, torch.tensor(target)), batch_size=100, shuffle=True
    )
    epochs = 6
    model = nn.Sequential(nn.Linear(64, 50), nn.ReLU(), nn.Linear(50, 10))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=0.5, epochs=epochs, steps_per_epoch=len(train_loader)
    )
    for epoch in range(epochs):
        for xb, yb in train_loader:
            loss = nn.functional.cross_entropy(model(xb), yb)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            # sound: scheduler.step()
        scheduler.step()  # mistake
        print(epoch, loss.item(), optimizer.param_groups[0]["lr"])


if __name__ == "__main__":
    main()
