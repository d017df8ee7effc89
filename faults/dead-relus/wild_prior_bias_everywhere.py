"""The rare-class prior meant for the last layer's bias is written into every convolution, and the ReLUs never open."""
# expect: dead-relus
import math

import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)


class DigitNet(nn.Module):
    def __init__(self, num_classes=10, prior=0.01):
        super(DigitNet, self).__init__()
        self.conv1 = nn.Conv2d(1, 16, 3, padding=1)
        self.conv2 = nn.Conv2d(16, 32, 3, padding=1)
        self.fc1 = nn.Linear(32 * 4 * 4, 64)
        self.fc2 = nn.Linear(64, num_classes)
        self._init_weights(prior)

    def _init_weights(self, prior):
        for m in self.modules():
            if isinstance(m, (nn.Conv2d, nn.Linear)):
                nn.init.kaiming_normal_(m.weight, nonlinearity="relu")
                nn.init.constant_(m.bias, -math.log((1 - prior) / prior))  # mistake
                # sound: nn.init.zeros_(m.bias)

    def forward(self, x):
        x = F.relu(self.conv1(x))  # named here
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)  # named here
        x = torch.flatten(x, 1)
        x = F.relu(self.fc1(x))  # named here
        return self.fc2(x)


data = load_digits()
images = (data.images / 16.0).astype("float32")[:, None]
x_tr, x_te, y_tr, y_te = train_test_split(images, data.target, test_size=0.25, random_state=1, stratify=data.target)
train_set = TensorDataset(torch.from_numpy(x_tr), torch.from_numpy(y_tr))
test_set = TensorDataset(torch.from_numpy(x_te), torch.from_numpy(y_te))
train_loader = DataLoader(train_set, batch_size=64, shuffle=True)
test_loader = DataLoader(test_set, batch_size=150)

model = DigitNet()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for epoch in range(1, 6):
    model.train()
    for inputs, targets in train_loader:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(inputs), targets)
        loss.backward()
        optimizer.step()
    print("Epoch %d  last loss %.4f" % (epoch, loss.item()))

model.eval()
correct = 0
with torch.no_grad():
    for inputs, targets in test_loader:
        correct += (model(inputs).argmax(1) == targets).sum().item()
print("Test accuracy: %.2f%%" % (100.0 * correct / len(test_set)))
