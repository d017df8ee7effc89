"""A small GAN on digits: two optimizers, detach for the discriminator's step, no labels."""
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
real = torch.tensor(load_digits().data, dtype=torch.float32) / 8 - 1
loader = DataLoader(TensorDataset(real), batch_size=64, shuffle=True, drop_last=True)

G = nn.Sequential(nn.Linear(16, 64), nn.LeakyReLU(0.2), nn.Linear(64, 64), nn.Tanh())
D = nn.Sequential(nn.Linear(64, 64), nn.LeakyReLU(0.2), nn.Dropout(0.2), nn.Linear(64, 1))
opt_g = torch.optim.Adam(G.parameters(), lr=2e-3, betas=(0.5, 0.999))
opt_d = torch.optim.Adam(D.parameters(), lr=1e-3, betas=(0.5, 0.999))
bce = nn.BCEWithLogitsLoss()
ones, zeros = torch.ones(64, 1), torch.zeros(64, 1)

for epoch in range(6):
    for (images,) in loader:
        fake = G(torch.randn(64, 16))
        # discriminator
        opt_d.zero_grad()
        loss_d = bce(D(images), ones) + bce(D(fake.detach()), zeros)
        loss_d.backward()
        opt_d.step()
        # generator
        opt_g.zero_grad()
        loss_g = bce(D(fake), ones)
        loss_g.backward()
        opt_g.step()
    print(f"epoch {epoch} D {loss_d.item():.3f} G {loss_g.item():.3f}")

G.eval()
with torch.no_grad():
    sample = G(torch.randn(500, 16))
print("distance of the mean pictures", (sample.mean(0) - real.mean(0)).abs().mean().item())
