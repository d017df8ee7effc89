"""The class head of the discriminator ends in Softmax, and its loss is cross_entropy."""
# expect: softmax-before-cross-entropy
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(10)
n_classes, latent_dim, img_size = 4, 16, 16
patterns = torch.tanh(2 * torch.randn(n_classes, 1, img_size, img_size))


def real_batch(n):
    labels = torch.randint(0, n_classes, (n,))
    return (patterns[labels] + 0.3 * torch.randn(n, 1, img_size, img_size)).clamp(-1, 1), labels


class Generator(nn.Module):
    def __init__(self):
        super().__init__()
        self.label_emb = nn.Embedding(n_classes, latent_dim)
        self.model = nn.Sequential(
            nn.Linear(latent_dim, 64), nn.LeakyReLU(0.2), nn.Linear(64, img_size**2), nn.Tanh()
        )

    def forward(self, noise, labels):
        return self.model(self.label_emb(labels) * noise).view(-1, 1, img_size, img_size)


class Discriminator(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv_blocks = nn.Sequential(
            nn.Conv2d(1, 16, 3, 2, 1), nn.LeakyReLU(0.2), nn.Conv2d(16, 32, 3, 2, 1), nn.LeakyReLU(0.2)
        )
        flat = 32 * (img_size // 4) ** 2
        self.adv_layer = nn.Linear(flat, 1)
        self.aux_layer = nn.Sequential(nn.Linear(flat, n_classes), nn.Softmax(dim=1))  # mistake
        # sound: self.aux_layer = nn.Sequential(nn.Linear(flat, n_classes))

    def forward(self, img):
        out = self.conv_blocks(img).flatten(1)
        return self.adv_layer(out).squeeze(1), self.aux_layer(out)


generator, discriminator = Generator(), Discriminator()
optimizer_G = torch.optim.Adam(generator.parameters(), lr=1e-3, betas=(0.5, 0.999))
optimizer_D = torch.optim.Adam(discriminator.parameters(), lr=1e-3, betas=(0.5, 0.999))

for step in range(90):
    imgs, labels = real_batch(32)
    valid, fake = torch.ones(32), torch.zeros(32)

    # generator
    optimizer_G.zero_grad()
    z = torch.randn(32, latent_dim)
    gen_labels = torch.randint(0, n_classes, (32,))
    gen_imgs = generator(z, gen_labels)
    validity, pred_label = discriminator(gen_imgs)
    g_loss = 0.5 * (
        F.binary_cross_entropy_with_logits(validity, valid)
        + F.cross_entropy(pred_label, gen_labels)  # named here
    )
    g_loss.backward()
    optimizer_G.step()

    # discriminator
    optimizer_D.zero_grad()
    real_pred, real_aux = discriminator(imgs)
    d_real = F.binary_cross_entropy_with_logits(real_pred, valid)
    d_real = d_real + F.cross_entropy(real_aux, labels)  # named here
    fake_pred, fake_aux = discriminator(gen_imgs.detach())
    d_fake = F.binary_cross_entropy_with_logits(fake_pred, fake)
    d_loss = (d_real + d_fake) / 2
    d_loss.backward()
    optimizer_D.step()
    if step % 30 == 0:
        print(f"[{step}] D {d_loss.item():.3f}  G {g_loss.item():.3f}")

with torch.no_grad():
    imgs, labels = real_batch(200)
    print("aux accuracy", (discriminator(imgs)[1].argmax(1) == labels).float().mean().item())
