"""An autoencoder with a mean squared error against its own input: no labels anywhere."""
import torch
from sklearn.datasets import load_digits
from torch import nn, optim
from torch.utils.data import DataLoader


class AutoEncoder(nn.Module):
    def __init__(self, latent=12):
        super().__init__()
        self.encoder = nn.Sequential(nn.Flatten(), nn.Linear(64, 48), nn.ReLU(), nn.Linear(48, latent))
        self.decoder = nn.Sequential(nn.Linear(latent, 48), nn.ReLU(), nn.Linear(48, 64), nn.Sigmoid())

    def forward(self, x):
        return self.decoder(self.encoder(x)).view_as(x)


torch.manual_seed(0)
pictures = torch.tensor(load_digits().images, dtype=torch.float32).unsqueeze(1) / 16
pictures = pictures[torch.randperm(len(pictures))]
train_loader = DataLoader(pictures[:1500], batch_size=50, shuffle=True)
held_out = pictures[1500:]
model = AutoEncoder()
criterion = nn.MSELoss()
optimizer = optim.Adam(model.parameters(), lr=3e-3)
for epoch in range(1, 9):
    model.train()
    total = 0.0
    for batch in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(batch), batch)
        loss.backward()
        optimizer.step()
        total += loss.item() * len(batch)
    model.eval()
    with torch.no_grad():
        error = criterion(model(held_out), held_out).item()
    print(f"epoch {epoch}: train {total / 1500:.4f} held out {error:.4f} (mean picture {held_out.var(0).mean():.4f})")
