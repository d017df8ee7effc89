"""In my small GAN only the generator's gradients are cleared, D keeps all its old ones."""
# expect: zero-grad-missing
import torch
import torch.nn as nn
from sklearn.datasets import load_digits

torch.manual_seed(0)
real_images = torch.tensor(load_digits().data, dtype=torch.float32) / 8 - 1
latent_size, batch_size = 16, 100
loader = torch.utils.data.DataLoader(real_images, batch_size=batch_size, shuffle=True, drop_last=True)

D = nn.Sequential(nn.Linear(64, 64), nn.LeakyReLU(0.2), nn.Linear(64, 32), nn.LeakyReLU(0.2),
                  nn.Linear(32, 1), nn.Sigmoid())
G = nn.Sequential(nn.Linear(latent_size, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(),
                  nn.Linear(64, 64), nn.Tanh())
criterion = nn.BCELoss()
d_optimizer = torch.optim.Adam(D.parameters(), lr=0.0005)
g_optimizer = torch.optim.Adam(G.parameters(), lr=0.0005)

for epoch in range(8):
    for i, images in enumerate(loader):
        real_labels = torch.ones(batch_size, 1)
        fake_labels = torch.zeros(batch_size, 1)
        # train D
        outputs = D(images)
        d_loss_real = criterion(outputs, real_labels)
        real_score = outputs
        z = torch.randn(batch_size, latent_size)
        fake_images = G(z)
        outputs = D(fake_images.detach())
        d_loss_fake = criterion(outputs, fake_labels)
        fake_score = outputs
        d_loss = d_loss_real + d_loss_fake
        # sound: d_optimizer.zero_grad()
        d_loss.backward()  # named here
        d_optimizer.step()  # named here
        # train G
        z = torch.randn(batch_size, latent_size)
        fake_images = G(z)
        outputs = D(fake_images)
        g_loss = criterion(outputs, real_labels)
        g_optimizer.zero_grad()
        g_loss.backward()  # named here
        g_optimizer.step()
    print('Epoch [{}], d_loss: {:.4f}, g_loss: {:.4f}, D(x): {:.2f}, D(G(z)): {:.2f}'.format(
        epoch, d_loss.item(), g_loss.item(), real_score.mean().item(), fake_score.mean().item()))
