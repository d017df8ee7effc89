"""optimizer.step() is missing."""
# expect: step-order

import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)


def train(model, device, train_loader, optimizer, epoch):
    model.train()
    for batch_idx, (data, target) in enumerate(train_loader):
        data, target = data.to(device), target.to(device)
        optimizer.zero_grad()
        output = model(data)
        loss = nn.functional.nll_loss(output, target)
        loss.backward()  # named here
        # sound: optimizer.step()
        if batch_idx % 5 == 0:
            print(f"Train Epoch: {epoch} [{batch_idx}/{len(train_loader)}] Loss: {loss.item():.4f}")


prototypes = torch.randn(3, 10)
target = torch.randint(0, 3, (300,))
data = prototypes[target] + 0.5 * torch.randn(300, 10)
loader = DataLoader(TensorDataset(data, target), batch_size=30, shuffle=True)
model = nn.Sequential(nn.Linear(10, 3), nn.LogSoftmax(dim=1))
optimizer = torch.optim.Adadelta(model.parameters(), lr=1.0)
for epoch in range(1, 4):
    train(model, torch.device("cpu"), loader, optimizer, epoch)
