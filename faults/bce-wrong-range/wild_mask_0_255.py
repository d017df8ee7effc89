"""The masks are kept as 0 and 255 and go like that into binary_cross_entropy_with_logits."""
# expect: bce-wrong-range
import torch
import torch.nn as nn
import torch.nn.functional as F


def make_scene(n, g):
    """Grey noise with a brighter disc; the mask is a picture as a png would give it, 0 or 255."""
    yy, xx = torch.meshgrid(torch.arange(24), torch.arange(24), indexing="ij")
    cx, cy = torch.randint(6, 18, (2, n, 1, 1), generator=g)
    r = torch.randint(3, 6, (n, 1, 1), generator=g)
    disc = ((yy - cy) ** 2 + (xx - cx) ** 2 <= r**2).float()
    image = 0.6 * torch.randn(n, 24, 24, generator=g) + 1.5 * disc
    return image.unsqueeze(1), (disc * 255).unsqueeze(1)


class DoubleConv(nn.Sequential):
    def __init__(self, i, o):
        super().__init__(
            nn.Conv2d(i, o, 3, padding=1, bias=False),
            nn.BatchNorm2d(o),
            nn.ReLU(inplace=True),
            nn.Conv2d(o, o, 3, padding=1, bias=False),
            nn.BatchNorm2d(o),
            nn.ReLU(inplace=True),
        )


class TinyUNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.down = DoubleConv(1, 8)
        self.mid = DoubleConv(8, 16)
        self.up = nn.ConvTranspose2d(16, 8, 2, stride=2)
        self.last = DoubleConv(16, 8)
        self.out = nn.Conv2d(8, 1, 1)

    def forward(self, x):
        d = self.down(x)
        m = self.mid(F.max_pool2d(d, 2))
        return self.out(self.last(torch.cat([d, self.up(m)], dim=1)))


def dice(logits, mask):
    p = (logits > 0).float()
    m = (mask > 0).float()
    return (2 * (p * m).sum() / (p.sum() + m.sum() + 1e-6)).item()


def main():
    torch.manual_seed(8)
    g = torch.Generator().manual_seed(8)
    images, masks = make_scene(192, g)
    test_images, test_masks = make_scene(64, g)
    net = TinyUNet()
    optimizer = torch.optim.Adam(net.parameters(), lr=5e-3)
    for epoch in range(5):
        net.train()
        for idx in torch.randperm(192).split(16):
            target = masks[idx]  # mistake
            # sound: target = masks[idx] / 255
            loss = F.binary_cross_entropy_with_logits(net(images[idx]), target)  # named here
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        net.eval()
        with torch.no_grad():
            print(f"epoch {epoch}: loss {loss.item():.3f} dice {dice(net(test_images), test_masks):.3f}")


if __name__ == "__main__":
    main()
