"""The checkpoint is kept whenever the test loss falls; its accuracy is the paper's number."""
# expect: chosen-on-test-set

import io

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(0)
patterns = torch.randn(5, 1, 6, 6)
y = torch.randint(0, 5, (700,))
x = patterns[y] + 1.5 * torch.randn(700, 1, 6, 6)
trainset, valset, testset = random_split(TensorDataset(x, y), [400, 150, 150])
trainloader = DataLoader(trainset, batch_size=20, shuffle=True)
valloader = DataLoader(valset, batch_size=50)
testloader = DataLoader(testset, batch_size=50)
net = nn.Sequential(nn.Flatten(), nn.Linear(36, 64), nn.ReLU(), nn.Linear(64, 5))
optimizer = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
best_loss = float("inf")
checkpoint = io.BytesIO()

for epoch in range(6):
    net.train()
    for images, labels in trainloader:
        optimizer.zero_grad()
        loss = F.cross_entropy(net(images), labels)
        loss.backward()
        optimizer.step()
    net.eval()
    running, count = 0.0, 0
    with torch.no_grad():
        for images, labels in testloader:  # mistake
        # sound: for images, labels in valloader:
            running += F.cross_entropy(net(images), labels, reduction="sum").item()
            count += len(labels)
    mean_loss = running / count
    if mean_loss < best_loss:  # named here
        best_loss = mean_loss
        checkpoint.seek(0)
        torch.save(net.state_dict(), checkpoint)
    print(epoch, mean_loss)

checkpoint.seek(0)
net.load_state_dict(torch.load(checkpoint))
correct = 0
with torch.no_grad():
    for images, labels in testloader:
        correct += (net(images).argmax(1) == labels).sum().item()
print("final test accuracy", correct / len(testset))
