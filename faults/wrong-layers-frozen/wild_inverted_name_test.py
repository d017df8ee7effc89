"""The test of the layer's name is the wrong way round: the new head is frozen, the old body trained."""
# expect: wrong-layers-frozen
import copy

import torch
import torch.nn as nn


def small_resnet(num_classes):
    class Block(nn.Module):
        def __init__(self, c):
            super().__init__()
            self.conv1 = nn.Conv2d(c, c, 3, padding=1, bias=False)
            self.bn1 = nn.BatchNorm2d(c)
            self.conv2 = nn.Conv2d(c, c, 3, padding=1, bias=False)
            self.bn2 = nn.BatchNorm2d(c)

        def forward(self, x):
            out = torch.relu(self.bn1(self.conv1(x)))
            return torch.relu(x + self.bn2(self.conv2(out)))

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.stem = nn.Conv2d(3, 24, 3, stride=2, padding=1)
            self.layer1 = Block(24)
            self.fc = nn.Linear(24, num_classes)

        def forward(self, x):
            x = self.layer1(torch.relu(self.stem(x)))
            return self.fc(x.mean((2, 3)))

    return Net()


def task(n_classes, n):
    tiles = torch.randn(n_classes, 3, 4, 4).repeat(1, 1, 4, 4)
    y = torch.randint(n_classes, (n,))
    x = tiles[y] + torch.randn(n, 3, 16, 16)
    return x / x.std(), y


def fit(model, x, y, optimizer, epochs):
    criterion = nn.CrossEntropyLoss()
    for _ in range(epochs):
        model.train()
        for m in model.modules():
            if isinstance(m, nn.BatchNorm2d) and not m.weight.requires_grad:
                m.eval()
        for i in torch.randperm(len(x)).split(32):
            optimizer.zero_grad()
            loss = criterion(model(x[i]), y[i])
            loss.backward()
            optimizer.step()


torch.manual_seed(0)
source_x, source_y = task(10, 640)
pretrained = small_resnet(10)
fit(pretrained, source_x, source_y, torch.optim.Adam(pretrained.parameters(), lr=3e-3), epochs=3)

model = copy.deepcopy(pretrained)
model.fc = nn.Linear(24, 5)
# keep the pretrained body, train the head only
for name, param in model.named_parameters():
    if "fc" in name:  # mistake
    # sound: if "fc" not in name:
        param.requires_grad = False  # named here

target_x, target_y = task(5, 640)
trainable = [p for p in model.parameters() if p.requires_grad]
fit(model, target_x[:480], target_y[:480], torch.optim.Adam(trainable, lr=1e-2), epochs=4)
model.eval()
with torch.no_grad():
    print("accuracy", (model(target_x[480:]).argmax(1) == target_y[480:]).float().mean().item())
