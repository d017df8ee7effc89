"""A little GAN: two nets, two optimizers, the fake pictures detached for the judge and not for the forger."""
import torch
import torch.nn as nn
import torch.optim as optim

torch.manual_seed(0)
nz, batch_size = 8, 64


def real_pictures(n):
    """Soft dots near the middle of 8x8 pictures, in -1..1."""
    centre = 3.5 + 0.7 * torch.randn(n, 2)
    grid = torch.arange(8.0)
    d = (grid[None, :, None] - centre[:, :1, None]) ** 2 + (grid[None, None, :] - centre[:, 1:, None]) ** 2
    return (2 * torch.exp(-d / 3) - 1).unsqueeze(1)


netG = nn.Sequential(nn.Linear(nz, 64), nn.ReLU(), nn.Linear(64, 64), nn.Tanh(), nn.Unflatten(1, (1, 8, 8)))
netD = nn.Sequential(nn.Flatten(), nn.Linear(64, 48), nn.LeakyReLU(0.2), nn.Linear(48, 1))
criterion = nn.BCEWithLogitsLoss()
optimizerD = optim.Adam(netD.parameters(), lr=1e-3, betas=(0.5, 0.999))
optimizerG = optim.Adam(netG.parameters(), lr=1e-3, betas=(0.5, 0.999))
fixed_noise = torch.randn(256, nz)
target = real_pictures(2000).mean(0)

for step in range(401):
    real = real_pictures(batch_size)
    ones, zeros = torch.ones(batch_size, 1), torch.zeros(batch_size, 1)
    netD.zero_grad()
    fake = netG(torch.randn(batch_size, nz))
    errD = criterion(netD(real), ones) + criterion(netD(fake.detach()), zeros)
    errD.backward()
    optimizerD.step()

    netG.zero_grad()
    errG = criterion(netD(fake), ones)
    errG.backward()
    optimizerG.step()
    if step % 100 == 0:
        with torch.no_grad():
            gap = (netG(fixed_noise).mean(0) - target).abs().mean().item()
        print(f"[{step}] Loss_D {errD.item():.3f} Loss_G {errG.item():.3f} gap of the mean picture {gap:.3f}")
