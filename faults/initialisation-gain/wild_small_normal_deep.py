"""A deviation of 0.01, copied from an old shallow net, lets the signal die out in a deep one."""
# expect: initialisation-gain vanishing-gradients
import torch
from torch import nn


def conv_block(cin, cout, stride=1):
    return nn.Sequential(nn.Conv2d(cin, cout, 3, stride=stride, padding=1), nn.ReLU())


def init_weights(m):
    if isinstance(m, (nn.Conv2d, nn.Linear)):
        nn.init.normal_(m.weight, mean=0.0, std=0.01)  # mistake
        # sound: nn.init.kaiming_normal_(m.weight)
        nn.init.constant_(m.bias, 0)


net = nn.Sequential(
    conv_block(3, 16),
    conv_block(16, 16),
    conv_block(16, 24, stride=2),
    conv_block(24, 24),
    conv_block(24, 32, stride=2),
    conv_block(32, 32),
    conv_block(32, 32),
    nn.Flatten(),
    nn.Linear(32 * 16, 7),
)
torch.manual_seed(0)
net.apply(init_weights)

templates = torch.randn(7, 3, 16, 16)


def draw(n):
    labels = torch.randint(7, (n,))
    images = templates[labels] + torch.randn(n, 3, 16, 16)
    return images / 2**0.5, labels


train_x, train_y = draw(600)
test_x, test_y = draw(200)
optimizer = torch.optim.SGD(net.parameters(), lr=0.02, momentum=0.9)
criterion = nn.CrossEntropyLoss()
for epoch in range(3):
    for b in torch.randperm(600).split(30):
        optimizer.zero_grad()
        loss = criterion(net(train_x[b]), train_y[b])
        loss.backward()
        optimizer.step()
    print("epoch", epoch, "last loss", loss.item())
with torch.no_grad():
    print("accuracy", (net(test_x).argmax(1) == test_y).float().mean().item())
