"""Zero gamma, meant for the last norm of a residual block, is given to all norms of a plain net: ReLUs stay shut."""
# expect: dead-relus constant-initialisation
import torch
from torch import nn, optim


def conv_bn(c_in, c_out, stride=1):
    return nn.Sequential(
        nn.Conv2d(c_in, c_out, 3, stride=stride, padding=1, bias=False),
        nn.BatchNorm2d(c_out),
        nn.ReLU(inplace=True),  # named here
    )


def build(num_classes):
    net = nn.Sequential(
        conv_bn(3, 12),
        conv_bn(12, 24, stride=2),
        conv_bn(24, 48, stride=2),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(48, num_classes),
    )
    for m in net.modules():
        if isinstance(m, nn.BatchNorm2d):
            nn.init.zeros_(m.weight)  # mistake
            # sound: nn.init.ones_(m.weight)
            nn.init.zeros_(m.bias)
    return net


def batches(x, y, size, shuffle):
    idx = torch.randperm(len(x)) if shuffle else torch.arange(len(x))
    for part in idx.split(size):
        yield x[part], y[part]


torch.manual_seed(11)
num_classes = 5
patterns = nn.functional.interpolate(torch.randn(num_classes, 3, 4, 4), size=16, mode="bilinear")
labels = torch.arange(num_classes).repeat(240)
images = patterns[labels] + 0.5 * torch.randn(len(labels), 3, 16, 16)
shuffled = torch.randperm(len(labels))
train_idx, val_idx = shuffled[:900], shuffled[900:]

model = build(num_classes)
criterion = nn.CrossEntropyLoss()
opt = optim.SGD(model.parameters(), lr=0.05, momentum=0.9)

for epoch in range(4):
    model.train()
    running, seen = 0.0, 0
    for xb, yb in batches(images[train_idx], labels[train_idx], 60, shuffle=True):
        opt.zero_grad(set_to_none=True)
        out = model(xb)
        loss = criterion(out, yb)
        loss.backward()
        opt.step()
        running += loss.item() * len(yb)
        seen += len(yb)
    model.eval()
    with torch.inference_mode():
        val_batches = batches(images[val_idx], labels[val_idx], 100, shuffle=False)
        right = sum((model(xb).argmax(1) == yb).sum().item() for xb, yb in val_batches)
    print(f"epoch={epoch} train_loss={running / seen:.4f} val_acc={right / len(val_idx):.3f}")
