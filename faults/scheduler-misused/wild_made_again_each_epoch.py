"""The cosine schedule is made anew in each epoch, so that it never gets beyond its first step."""
# expect: scheduler-misused
import torch
import torch.nn as nn
from torch.optim import SGD
from torch.optim.lr_scheduler import CosineAnnealingLR
from torch.utils.data import DataLoader, TensorDataset


def train_one_epoch(model, loader, optimizer, scheduler, loss_fn):
    model.train()
    for xb, yb in loader:
        optimizer.zero_grad()
        loss = loss_fn(model(xb), yb)
        loss.backward()
        optimizer.step()
    scheduler.step()  # named here
    return loss.item()


def main(num_epochs=8):
    torch.manual_seed(0)
    protos = torch.randn(7, 1, 10, 10)
    y = torch.randint(7, (1000,))
    x = (protos[y] + 1.3 * torch.randn(1000, 1, 10, 10)) / 1.64
    loader = DataLoader(TensorDataset(x[:800], y[:800]), batch_size=40, shuffle=True)
    model = nn.Sequential(nn.Flatten(), nn.Linear(100, 64), nn.ReLU(), nn.Linear(64, 7))
    optimizer = SGD(model.parameters(), lr=0.1, momentum=0.9)
    loss_fn = nn.CrossEntropyLoss()
    # sound: scheduler = CosineAnnealingLR(optimizer, T_max=num_epochs)
    for epoch in range(num_epochs):
        scheduler = CosineAnnealingLR(optimizer, T_max=num_epochs)  # mistake
        loss = train_one_epoch(model, loader, optimizer, scheduler, loss_fn)
        print(f"epoch {epoch} loss {loss:.4f} lr {optimizer.param_groups[0]['lr']:.5f}")
    with torch.no_grad():
        print("accuracy", (model(x[800:]).argmax(1) == y[800:]).float().mean().item())


if __name__ == "__main__":
    main()
