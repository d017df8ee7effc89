"""The picture is averaged to one number per channel before anything looks at it; only its brightness is left."""
# expect: cannot-overfit-batch feature-map-too-small small-receptive-field
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(4)


class GlobalContextNet(nn.Module):
    def __init__(self, channels=32, classes=10):
        super().__init__()
        self.expand = nn.Conv2d(1, channels, kernel_size=1)
        # sound: self.look = nn.Conv2d(channels, channels, kernel_size=5, stride=2)
        self.pool = nn.AdaptiveAvgPool2d(1)  # named here
        # sound: self.pool = nn.AdaptiveAvgPool2d(2)
        self.head = nn.Sequential(
            nn.Flatten(),
            nn.Linear(channels, 64),  # mistake
            # sound: nn.Linear(4 * channels, 64),
            nn.ReLU(),
            nn.Linear(64, classes),
        )

    def forward(self, x):
        x = self.expand(x).relu()
        # sound: x = self.look(x).relu()
        x = self.pool(x)  # named here
        return self.head(x)


# overfit a single batch first: if this fails the net is broken
digits = load_digits()
images = torch.from_numpy(digits.images).float()[:, None] / 16
labels = torch.from_numpy(digits.target)
chosen = torch.randperm(len(images))
x_one, y_one = images[chosen[:64]], labels[chosen[:64]]

net = GlobalContextNet()
adam = torch.optim.Adam(net.parameters(), lr=5e-3)
for step in range(120):
    logits = net(x_one)
    loss = nn.functional.cross_entropy(logits, y_one)
    adam.zero_grad()
    loss.backward()  # named here
    adam.step()
    if step % 30 == 29:
        hit = (logits.argmax(1) == y_one).float().mean()
        print(f"step {step + 1}: loss {loss.item():.3f}, right in this batch {hit.item():.2f}")
