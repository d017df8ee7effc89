"""The learning rate is divided by ten after every epoch: from the fourth of fourteen on nothing moves any more."""
# expect: plateau scheduler-misused learning-rate-too-low
import torch
from torch import nn
from torch.optim.lr_scheduler import StepLR

torch.manual_seed(1234)


def spirals(n, classes=3):
    r = torch.rand(n) * 0.9 + 0.1
    t = torch.randint(0, classes, (n,))
    angle = 4.5 * r + t * (2 * torch.pi / classes) + 0.3 * torch.randn(n)
    return torch.stack([r * angle.cos(), r * angle.sin()], dim=1) * 2, t


def picture_of(points, size=12):
    """Draw every point as a soft dot in a small picture."""
    axis = torch.linspace(-2, 2, size)
    gx = (axis[None, :] - points[:, :1]) ** 2
    gy = (axis[None, :] - points[:, 1:]) ** 2
    return torch.exp(-4 * (gy[:, :, None] + gx[:, None, :])).unsqueeze(1)


points, target = spirals(1500)
pictures = picture_of(points) - 0.1
train_x, train_y = pictures[:1200], target[:1200]
val_x, val_y = pictures[1200:], target[1200:]

model = nn.Sequential(nn.Flatten(), nn.Linear(144, 96), nn.ReLU(), nn.Linear(96, 96), nn.ReLU(), nn.Linear(96, 3))
loss_function = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
scheduler = StepLR(optimizer, step_size=1, gamma=0.1)  # mistake
# sound: scheduler = StepLR(optimizer, step_size=10, gamma=0.1)


def run_epoch():
    model.train()
    loss_sum = 0.0
    for idx in torch.randperm(len(train_x)).split(40):
        optimizer.zero_grad()
        loss = loss_function(model(train_x[idx]), train_y[idx])
        loss.backward()
        optimizer.step()
        loss_sum += loss.item() * len(idx)
    return loss_sum / len(train_x)


@torch.no_grad()
def validate():
    model.eval()
    out = model(val_x)
    return loss_function(out, val_y).item(), (out.argmax(1) == val_y).float().mean().item()


history = []
for epoch in range(14):
    train_loss = run_epoch()
    val_loss, val_acc = validate()
    scheduler.step()  # named here
    history.append(train_loss)
    lr = scheduler.get_last_lr()[0]
    print(f"{epoch:02d} train {train_loss:.4f} val {val_loss:.4f} acc {val_acc:.3f} lr {lr:.1e}")
