"""The optimizer was made before the last layer was replaced, and goes on stepping the layer that is gone."""
# expect: not-in-optimizer
import torch
import torch.nn as nn
from torchvision.models.resnet import BasicBlock, ResNet

torch.manual_seed(0)


def make_batch(stamps, n):
    y = torch.randint(len(stamps), (n,))
    x = stamps[y] + 0.6 * torch.randn(n, 3, 24, 24)
    return x / 1.17, y


stamps = torch.randn(4, 3, 24, 24)
model = ResNet(BasicBlock, [1, 1, 1, 1])
# sound: model.fc = nn.Linear(model.fc.in_features, 4)
optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)  # named here
num_features = model.fc.in_features
model.fc = nn.Linear(num_features, 4)  # mistake
criterion = nn.CrossEntropyLoss()

model.train()
for step in range(20):
    images, labels = make_batch(stamps, 16)
    optimizer.zero_grad()
    loss = criterion(model(images), labels)
    loss.backward()
    optimizer.step()
    if step % 8 == 0:
        print(f"step {step} loss {loss.item():.3f}")

model.eval()
with torch.no_grad():
    images, labels = make_batch(stamps, 100)
    print("accuracy", (model(images).argmax(1) == labels).float().mean().item())
