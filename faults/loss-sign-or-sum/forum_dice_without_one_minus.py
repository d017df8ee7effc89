"""My dice loss goes up to 1 and the masks get worse: I return the dice itself."""
# expect: loss-sign-or-sum
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset


def dice_loss(pred, target, smooth=1.):
    pred = torch.sigmoid(pred).contiguous()
    target = target.contiguous()
    intersection = (pred * target).sum(dim=2).sum(dim=2)
    dice = (2. * intersection + smooth) / (pred.sum(dim=2).sum(dim=2) + target.sum(dim=2).sum(dim=2) + smooth)
    return dice.mean()  # mistake
    # sound: return 1 - dice.mean()


def synth(n):
    lin = torch.arange(24.)
    cy, cx, r = torch.rand(n, 1, 1) * 12 + 6, torch.rand(n, 1, 1) * 12 + 6, torch.rand(n, 1, 1) * 3 + 2
    m = ((lin.view(1, 24, 1) - cy) ** 2 + (lin.view(1, 1, 24) - cx) ** 2 < r ** 2).float().unsqueeze(1)
    return m * 1.2 + torch.randn(n, 1, 24, 24) * 0.5, m


class ResNetUNet(nn.Module):
    def __init__(self, n_class):
        super().__init__()
        self.down = nn.Sequential(nn.Conv2d(1, 12, 3, padding=1), nn.ReLU(),
                                  nn.Conv2d(12, 12, 3, padding=1), nn.ReLU())
        self.mid = nn.Sequential(nn.MaxPool2d(2), nn.Conv2d(12, 24, 3, padding=1), nn.ReLU(),
                                 nn.Upsample(scale_factor=2))
        self.conv_last = nn.Conv2d(36, n_class, 1)

    def forward(self, x):
        a = self.down(x)
        return self.conv_last(torch.cat([a, self.mid(a)], dim=1))


train_loader = DataLoader(TensorDataset(*synth(240)), batch_size=12, shuffle=True)
val_x, val_m = synth(60)
model = ResNetUNet(1)
optimizer_ft = torch.optim.Adam(model.parameters(), lr=3e-3)
for epoch in range(4):
    model.train()
    epoch_loss, samples = 0, 0
    for inputs, masks in train_loader:
        optimizer_ft.zero_grad()
        outputs = model(inputs)
        loss = dice_loss(outputs, masks)  # named here
        loss.backward()
        optimizer_ft.step()
        epoch_loss += loss.item() * inputs.size(0)
        samples += inputs.size(0)
    model.eval()
    with torch.no_grad():
        p = model(val_x) > 0
        iou = (p & (val_m > 0)).sum().item() / ((p | (val_m > 0)).sum().item() + 1)
    print('epoch {}: train loss {:.4f} val iou {:.3f}'.format(epoch, epoch_loss / samples, iou))
