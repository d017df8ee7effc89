"""Pictures come as height x width x channel and are reshaped, not permuted, to channels first."""
# expect: reshape-mixes-axes channels-last
import numpy as np
import torch
import torch.nn as nn

rng = np.random.default_rng(0)
torch.manual_seed(0)


def colour_shapes(n):
    """uint8 pictures n x 20 x 20 x 3: a disc, a bar or a frame in any colour."""
    kind = rng.integers(0, 3, n)
    out = rng.integers(0, 80, (n, 20, 20, 3))
    r, c = np.mgrid[:20, :20]
    for i in range(n):
        y, x = rng.integers(6, 14, 2)
        if kind[i] == 0:
            m = (r - y) ** 2 + (c - x) ** 2 <= 16
        elif kind[i] == 1:
            m = (abs(r - y) <= 1) & (abs(c - x) <= 5)
        else:
            far = np.maximum(abs(r - y), abs(c - x))
            m = far == 5
        out[i][m] += rng.integers(40, 170, 3)
    return out.astype(np.uint8), kind


train_images, train_labels = colour_shapes(900)
test_images, test_labels = colour_shapes(300)


def preprocess(images):
    t = torch.from_numpy(images).float().div(255)
    t = t.reshape(-1, 3, 20, 20)  # mistake
    # sound: t = t.permute(0, 3, 1, 2)
    return (t - 0.25) / 0.22


model = nn.Sequential(
    nn.Conv2d(3, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
    nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
    nn.Flatten(), nn.Linear(32 * 25, 3),
)
x, y = preprocess(train_images), torch.from_numpy(train_labels)
xt, yt = preprocess(test_images), torch.from_numpy(test_labels)
opt = torch.optim.Adam(model.parameters(), lr=2e-3)
criterion = nn.CrossEntropyLoss()
for epoch in range(4):
    for idx in torch.randperm(900).split(45):
        opt.zero_grad()
        loss = criterion(model(x[idx]), y[idx])
        loss.backward()
        opt.step()
    with torch.no_grad():
        print(epoch, loss.item(), "val", (model(xt).argmax(1) == yt).float().mean().item())
