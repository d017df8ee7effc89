"""correct and total are set to zero once, before the epochs: each epoch's accuracy mixes in all before it."""
# expect: wrong-metric

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
patterns = torch.randn(6, 25)
labels = torch.randint(0, 6, (600,))
images = patterns[labels] + 1.2 * torch.randn(600, 25)
trainloader = DataLoader(TensorDataset(images[:500], labels[:500]), batch_size=25, shuffle=True)
testloader = DataLoader(TensorDataset(images[500:], labels[500:]), batch_size=50)
net = nn.Sequential(nn.Linear(25, 32), nn.ReLU(), nn.Linear(32, 6))
optimizer = torch.optim.SGD(net.parameters(), lr=0.02)
correct, total = 0, 0  # mistake
for epoch in range(5):
    for inputs, targets in trainloader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(inputs), targets).backward()
        optimizer.step()
    # sound: correct, total = 0, 0
    with torch.no_grad():
        for inputs, targets in testloader:
            predicted = net(inputs).argmax(1)
            total += targets.size(0)
            correct += (predicted == targets).sum().item()
    print(f"epoch {epoch}: accuracy {100 * correct / total:.1f}")
