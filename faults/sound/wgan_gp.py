"""WGAN with gradient penalty: several critic steps for each step of the generator, autograd.grad inside."""

import torch
from torch import nn

torch.manual_seed(0)
G = nn.Sequential(nn.Linear(4, 32), nn.ReLU(), nn.Linear(32, 2))
D = nn.Sequential(nn.Linear(2, 32), nn.ReLU(), nn.Linear(32, 1))
opt_g = torch.optim.Adam(G.parameters(), lr=1e-3, betas=(0.0, 0.9))
opt_d = torch.optim.Adam(D.parameters(), lr=1e-3, betas=(0.0, 0.9))


def penalty(real, fake):
    alpha = torch.rand(len(real), 1)
    between = (alpha * real + (1 - alpha) * fake).requires_grad_(True)
    gradient = torch.autograd.grad(D(between).sum(), between, create_graph=True)[0]
    return ((gradient.norm(2, dim=1) - 1) ** 2).mean()


for i in range(60):
    real = torch.randn(32, 2) * 0.1 + torch.tensor([1.0, -1.0])
    with torch.no_grad():
        fake = G(torch.randn(32, 4))
    d_loss = D(fake).mean() - D(real).mean() + 10 * penalty(real, fake)
    opt_d.zero_grad()
    d_loss.backward()
    opt_d.step()
    if i % 5 == 4:
        g_loss = -D(G(torch.randn(32, 4))).mean()
        opt_g.zero_grad()
        g_loss.backward()
        opt_g.step()
        print(i, d_loss.item(), g_loss.item())
