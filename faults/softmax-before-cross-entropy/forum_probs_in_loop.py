"""I turn the outputs into probabilities in my train function before I hand them to F.cross_entropy."""
# expect: softmax-before-cross-entropy
import random

import torch
import torch.nn.functional as F
from torch import nn

torch.manual_seed(7)
random.seed(7)
BATCH = 32
CLASSES = ['circle', 'square', 'cross', 'stripe']


def draw(kind):
    im = torch.randn(3, 16, 16) * 0.15 + 0.2
    cx, cy = random.randint(5, 10), random.randint(5, 10)
    yy, xx = torch.meshgrid(torch.arange(16), torch.arange(16), indexing='ij')
    if kind == 0:
        m = (yy - cy) ** 2 + (xx - cx) ** 2 < 16
    elif kind == 1:
        m = ((yy - cy).abs() < 4) & ((xx - cx).abs() < 4) & (((yy - cy).abs() > 2) | ((xx - cx).abs() > 2))
    elif kind == 2:
        m = ((yy - cy).abs() < 1) | ((xx - cx).abs() < 1)
    else:
        m = (yy + cx) % 4 == 0
    return im + m.float() * 0.8


labels = torch.tensor([random.randrange(4) for _ in range(900)])
images = torch.stack([draw(int(k)) for k in labels])
x_train, y_train, x_val, y_val = images[:700], labels[:700], images[700:], labels[700:]

model = nn.Sequential(
    nn.Conv2d(3, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2),
    nn.Conv2d(16, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.AdaptiveAvgPool2d(1),
    nn.Flatten(), nn.Linear(32, len(CLASSES)))


def train_one_epoch(model, opt):
    model.train()
    perm = torch.randperm(len(x_train))
    losses = []
    for i in range(0, len(perm), BATCH):
        idx = perm[i:i + BATCH]
        logits = model(x_train[idx])
        probs = torch.softmax(logits, dim=-1)  # mistake
        loss = F.cross_entropy(probs, y_train[idx])  # mistake
        # sound: loss = F.cross_entropy(logits, y_train[idx])
        opt.zero_grad()
        loss.backward()
        opt.step()
        losses.append(loss.item())
    return sum(losses) / len(losses)


@torch.no_grad()
def validate(model):
    model.eval()
    probs = torch.softmax(model(x_val), dim=-1)
    return (probs.argmax(1) == y_val).float().mean().item()


if __name__ == '__main__':
    opt = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    for epoch in range(5):
        tl = train_one_epoch(model, opt)
        print(f'epoch {epoch}: train loss {tl:.4f}  val acc {validate(model):.3f}')
