"""Global pooling by sum instead of mean: the logits are 256 times too large from the first batch on."""
# expect: initial-loss initialisation-gain
import torch
from torch import nn, optim


class ConvBN(nn.Sequential):
    def __init__(self, a, b):
        super().__init__(nn.Conv2d(a, b, 3, 1, 1, bias=False), nn.BatchNorm2d(b), nn.ReLU())


class Model(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.c1 = ConvBN(1, 24)
        self.c2 = ConvBN(24, 48)
        self.fc = nn.Linear(48, classes)

    def forward(self, img):
        f = self.c2(self.c1(img))
        v = f.sum(dim=(2, 3))  # mistake
        # sound: v = f.mean(dim=(2, 3))
        return self.fc(v)


torch.manual_seed(9)
kernels = torch.randn(6, 1, 5, 5)


def textures(n):
    """White noise filtered by one of six kernels."""
    label = torch.randint(6, (n,))
    noise = torch.randn(n, 1, 16, 16)
    out = torch.stack([nn.functional.conv2d(noise[i : i + 1], kernels[label[i]][None])[0] for i in range(n)])
    return out / out.std(), label


x, y = textures(720)
xv, yv = textures(240)
model = Model(6)
opt = optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
crit = nn.CrossEntropyLoss()
for epoch in range(4):
    model.train()
    for idx in torch.randperm(720).split(36):
        opt.zero_grad()
        crit(model(x[idx]), y[idx]).backward()
        opt.step()
    model.eval()
    with torch.no_grad():
        out = model(xv)
        print(epoch, "val loss", crit(out, yv).item(), "val acc", (out.argmax(1) == yv).float().mean().item())
