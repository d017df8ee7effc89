"""Sound: a small GAN. The fake pictures are detached for the discriminator's step on purpose."""
import torch
import torch.nn as nn

torch.manual_seed(0)
nz = 8
real_patterns = torch.tanh(torch.randn(3, 1, 8, 8) * 2)


def real(n):
    return (real_patterns[torch.randint(3, (n,))] + 0.1 * torch.randn(n, 1, 8, 8)).clamp(-1, 1)


netG = nn.Sequential(
    nn.ConvTranspose2d(nz, 32, 4, bias=False),
    nn.BatchNorm2d(32),
    nn.ReLU(True),
    nn.ConvTranspose2d(32, 1, 4, stride=2, padding=1),
    nn.Tanh(),
)
netD = nn.Sequential(
    nn.Conv2d(1, 32, 4, stride=2, padding=1),
    nn.LeakyReLU(0.2),
    nn.Flatten(),
    nn.Linear(32 * 16, 1),
    nn.Sigmoid(),
)
criterion = nn.BCELoss()
optD = torch.optim.Adam(netD.parameters(), lr=1e-3, betas=(0.5, 0.999))
optG = torch.optim.Adam(netG.parameters(), lr=2e-3, betas=(0.5, 0.999))
for it in range(100):
    netD.zero_grad()
    errD_real = criterion(netD(real(32)).view(-1), torch.full((32,), 0.9))
    errD_real.backward()
    fake = netG(torch.randn(32, nz, 1, 1))
    errD_fake = criterion(netD(fake.detach()).view(-1), torch.zeros(32))
    errD_fake.backward()
    optD.step()

    netG.zero_grad()
    errG = criterion(netD(fake).view(-1), torch.ones(32))
    errG.backward()
    optG.step()
    if it % 25 == 0:
        print(f"[{it}] D {errD_real.item() + errD_fake.item():.3f} G {errG.item():.3f}")

netG.eval()
with torch.no_grad():
    fake = netG(torch.randn(200, nz, 1, 1))
    gap = (fake.flatten(1)[:, None] - real_patterns.flatten(1)[None]).pow(2).mean(-1).min(1).values.mean()
print("mean squared distance to the nearest pattern", gap.item())
