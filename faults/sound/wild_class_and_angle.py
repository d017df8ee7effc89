"""A classifier with a regression head beside it: MSE on a real number, cross-entropy on the class."""
import torch
import torch.nn as nn


class TwoTasks(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.trunk = nn.Sequential(nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten())
        self.kind = nn.Linear(16 * 36, classes)
        self.brightness = nn.Linear(16 * 36, 1)

    def forward(self, x):
        h = self.trunk(x)
        return self.kind(h), self.brightness(h).squeeze(1)


torch.manual_seed(0)
kinds = torch.randn(5, 1, 12, 12)
kind = torch.randint(5, (1000,))
level = torch.rand(1000) * 2 - 1
x = kinds[kind] + level[:, None, None, None] + 0.8 * torch.randn(1000, 1, 12, 12)
x = (x - x[:800].mean()) / x[:800].std()

model = TwoTasks(5)
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
ce, mse = nn.CrossEntropyLoss(), nn.MSELoss()
for epoch in range(5):
    model.train()
    for idx in torch.randperm(800).split(32):
        logits, value = model(x[idx])
        loss = ce(logits, kind[idx]) + 2.0 * mse(value, level[idx])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
model.eval()
with torch.no_grad():
    logits, value = model(x[800:])
    print("mse", mse(value, level[800:]).item(), "accuracy", (logits.argmax(1) == kind[800:]).float().mean().item())
