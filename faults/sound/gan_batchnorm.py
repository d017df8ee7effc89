"""A small GAN: the generator stays in train mode while pictures are sampled, D collects gradients from G's loss."""

import torch
from torch import nn

torch.manual_seed(0)
nz = 8
netG = nn.Sequential(nn.Linear(nz, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Linear(32, 2))
netD = nn.Sequential(nn.Linear(2, 32), nn.LeakyReLU(0.2), nn.Dropout(0.2), nn.Linear(32, 1))
criterion = nn.BCEWithLogitsLoss()
optD = torch.optim.Adam(netD.parameters(), lr=2e-3, betas=(0.5, 0.999))
optG = torch.optim.Adam(netG.parameters(), lr=2e-3, betas=(0.5, 0.999))
fixed_noise = torch.randn(16, nz)
samples = []
for step in range(80):
    angle = torch.rand(64) * 6.283
    real = torch.stack([angle.cos(), angle.sin()], 1)
    optD.zero_grad()
    loss_real = criterion(netD(real), torch.ones(64, 1))
    loss_real.backward()
    fake = netG(torch.randn(64, nz))
    loss_fake = criterion(netD(fake.detach()), torch.zeros(64, 1))
    loss_fake.backward()
    optD.step()
    optG.zero_grad()
    loss_g = criterion(netD(fake), torch.ones(64, 1))
    loss_g.backward()
    optG.step()
    if step % 20 == 0:
        with torch.no_grad():
            samples.append(netG(fixed_noise).cpu())
        print(step, loss_real.item() + loss_fake.item(), loss_g.item())
