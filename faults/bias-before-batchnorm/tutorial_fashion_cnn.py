"""Each convolution has a bias, and BatchNorm takes it away again."""
# expect: bias-before-batchnorm
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits


class ConvNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, kernel_size=3, padding=1)  # mistake
        # sound: self.conv1 = nn.Conv2d(1, 16, kernel_size=3, padding=1, bias=False)
        self.batch_norm1 = nn.BatchNorm2d(16)
        self.conv2 = nn.Conv2d(16, 32, kernel_size=3, padding=1)  # mistake
        # sound: self.conv2 = nn.Conv2d(16, 32, kernel_size=3, padding=1, bias=False)
        self.batch_norm2 = nn.BatchNorm2d(32)
        self.pool = nn.MaxPool2d(2, 2)
        self.fc = nn.Linear(32 * 2 * 2, 10)

    def forward(self, x):
        x = self.pool(F.relu(self.batch_norm1(self.conv1(x))))
        x = self.pool(F.relu(self.batch_norm2(self.conv2(x))))
        return self.fc(x.view(x.size(0), -1))


torch.manual_seed(5)
digits = load_digits()
images, labels = torch.tensor(digits.images).float().unsqueeze(1) / 8 - 1, torch.tensor(digits.target)
model = ConvNet()
optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
for epoch in range(3):
    model.train()
    for idx in torch.randperm(1500).split(64):
        loss = F.cross_entropy(model(images[idx]), labels[idx])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        print(epoch, (model(images[1500:]).argmax(1) == labels[1500:]).float().mean().item())
