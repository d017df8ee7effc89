"""Before the test only the encoder is put in eval mode; the head with its dropout is not."""
# expect: evaluating-in-train-mode
import torch
import torch.nn.functional as F
from torch import nn

torch.manual_seed(0)

encoder = nn.Sequential(nn.Conv2d(3, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten())
head = nn.Sequential(nn.Linear(16 * 25, 64), nn.ReLU(), nn.Dropout(0.6), nn.Linear(64, 8))
parameters = list(encoder.parameters()) + list(head.parameters())
optimizer = torch.optim.Adam(parameters, lr=2e-3)

seeds = torch.randn(8, 3, 10, 10)


def get(n):
    y = torch.randint(8, (n,))
    return (seeds[y] + 2 * torch.randn(n, 3, 10, 10)) / 5**0.5, y


x_train, y_train = get(960)
x_val, y_val = get(320)

for epoch in range(5):
    encoder.train()
    head.train()
    for i in torch.randperm(960).split(48):
        optimizer.zero_grad()
        loss = F.cross_entropy(head(encoder(x_train[i])), y_train[i])
        loss.backward()
        optimizer.step()

    encoder.eval()
    # sound: head.eval()
    with torch.inference_mode():
        val_out = head(encoder(x_val))  # named here
        val_loss = F.cross_entropy(val_out, y_val)  # named here
        val_acc = (val_out.argmax(1) == y_val).float().mean()
    print(f"{epoch}: train {loss.item():.3f} val {val_loss.item():.3f} acc {val_acc.item():.3f}")
