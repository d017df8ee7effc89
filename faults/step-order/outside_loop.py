"""optimizer.step() is indented one level too little: once per epoch instead of once per batch."""
# expect: step-order

import torch
from torch import nn, optim
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
patterns = torch.randn(4, 3, 8, 8)
labels = torch.randint(0, 4, (512,))
images = patterns[labels] + 0.8 * torch.randn(512, 3, 8, 8)
dataloader = DataLoader(TensorDataset(images, labels), batch_size=32, shuffle=True)

model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(32, 4))
loss_func = nn.CrossEntropyLoss()
optimizer = optim.Adam(model.parameters(), lr=0.01)

for epoch in range(6):
    for X, y in dataloader:
        optimizer.zero_grad()
        loss = loss_func(model(X), y)
        loss.backward()
        # sound: optimizer.step()
    optimizer.step()  # mistake
    print(epoch, loss.item())
