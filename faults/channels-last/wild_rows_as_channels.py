"""Pictures are (N, height, width, 1); to silence the error the first layer got 28 input channels: the rows."""
# expect: channels-last
import torch
from torch import nn

torch.manual_seed(0)


def load_pictures(n, seed):
    """Grey pictures as a Keras-style array (n, 28, 28, 1), values 0..1."""
    g = torch.Generator().manual_seed(seed)
    y = torch.randint(0, 6, (n,), generator=g)
    t = torch.linspace(0, 3.1416, 28)
    freq = torch.tensor([[1, 2], [2, 1], [3, 1], [1, 3], [2, 3], [3, 2]]).float()[y]
    waves = torch.sin(freq[:, :1, None] * t[None, :, None]) * torch.sin(freq[:, 1:, None] * t[None, None, :])
    x = 0.5 + 0.3 * waves + 0.25 * torch.randn(n, 28, 28, generator=g)
    return x.clamp(0, 1).unsqueeze(-1), y


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer1 = nn.Conv2d(28, 16, kernel_size=(3, 1), padding=(1, 0))  # mistake
        self.layer2 = nn.Conv2d(16, 16, kernel_size=(3, 1), padding=(1, 0))  # mistake
        self.out = nn.Linear(16 * 28, 6)  # mistake
        # sound: self.layer1 = nn.Conv2d(1, 16, kernel_size=3, stride=2, padding=1)
        # sound: self.layer2 = nn.Conv2d(16, 16, kernel_size=3, stride=2, padding=1)
        # sound: self.out = nn.Linear(16 * 49, 6)

    def forward(self, x):
        # sound: x = x.permute(0, 3, 1, 2)
        x = torch.relu(self.layer1(x))  # named here
        x = torch.relu(self.layer2(x))
        return self.out(x.flatten(1))


train_x, train_y = load_pictures(900, 1)
test_x, test_y = load_pictures(300, 2)
model = Model()
loss_fn = nn.CrossEntropyLoss()
optimizer = torch.optim.RMSprop(model.parameters(), lr=1e-3)
print("input", tuple(train_x.shape))

for epoch in range(5):
    order = torch.randperm(len(train_x))
    total = 0.0
    for i in range(0, len(order), 45):
        sel = order[i : i + 45]
        optimizer.zero_grad()
        loss = loss_fn(model(train_x[sel]), train_y[sel])  # named here
        loss.backward()
        optimizer.step()
        total += loss.item() * len(sel)
    print(f"epoch {epoch}: {total / len(order):.4f}")
with torch.no_grad():
    print("test accuracy", (model(test_x).argmax(1) == test_y).float().mean().item())
