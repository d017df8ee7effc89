"""MSELoss gets predictions (N, 1) and targets (N): every prediction is compared with every target."""
# expect: loss-broadcasts
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, Dataset


class AgeDataset(Dataset):
    """Rings in a made tree trunk; the age is how many there are."""

    def __init__(self, n, seed):
        g = torch.Generator().manual_seed(seed)
        self.age = torch.randint(1, 9, (n,), generator=g)
        r, c = torch.meshgrid(torch.arange(24.0), torch.arange(24.0), indexing="ij")
        radius = ((r - 11.5) ** 2 + (c - 11.5) ** 2).sqrt()
        wave = torch.cos(radius[None] * self.age.view(-1, 1, 1) * 0.25)
        self.image = (wave + 0.2 * torch.randn(n, 24, 24, generator=g)).unsqueeze(1)

    def __len__(self):
        return len(self.age)

    def __getitem__(self, idx):
        return self.image[idx], (self.age[idx].float() - 4.5) / 2.3


class Regressor(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Sequential(
            nn.Conv2d(1, 8, 5, stride=2, padding=2),
            nn.ReLU(),
            nn.Conv2d(8, 16, 3, stride=2, padding=1),
            nn.ReLU(),
        )
        self.fc = nn.Sequential(nn.Flatten(), nn.Linear(16 * 36, 32), nn.ReLU(), nn.Linear(32, 1))

    def forward(self, x):
        return self.fc(self.conv(x))


torch.manual_seed(0)
train = DataLoader(AgeDataset(600, 0), batch_size=30, shuffle=True)
test = DataLoader(AgeDataset(200, 1), batch_size=100)
model = Regressor()
criterion = nn.MSELoss()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for epoch in range(5):
    model.train()
    for image, age in train:
        output = model(image)
        loss = criterion(output, age)  # mistake
        # sound: loss = criterion(output, age.unsqueeze(1))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print("epoch", epoch, "loss", loss.item())
model.eval()
with torch.no_grad():
    error = sum((model(i).flatten() - a).abs().sum().item() for i, a in test) / 200
print("mean absolute error (in years)", 2.3 * error)
