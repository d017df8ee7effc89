"""3 % of my x-rays show a fracture, plain cross entropy, 97 % accuracy and not one fracture found."""
# expect: class-imbalance
import torch
import torch.nn as nn
import torch.optim as optim
from torch.utils.data import DataLoader, TensorDataset, WeightedRandomSampler

torch.manual_seed(5)


def xrays(n, share):
    y = (torch.rand(n) < share).long()
    x = torch.randn(n, 1, 20, 20) * 0.7
    for i in torch.nonzero(y).flatten().tolist():
        r = torch.randint(3, 16, (1,)).item()
        x[i, 0, r, 4:16] += 1.7
    return x, y


train_x, train_y = xrays(1000, 0.03)
test_x, test_y = xrays(400, 0.03)
train_ds = TensorDataset(train_x, train_y)
print('train class counts', torch.bincount(train_y).tolist())
train_loader = DataLoader(train_ds, batch_size=40, shuffle=True)  # mistake
# sound: sample_weights = (1.0 / torch.bincount(train_y).float())[train_y]
# sound: sampler = WeightedRandomSampler(sample_weights, len(train_ds), replacement=True)
# sound: train_loader = DataLoader(train_ds, batch_size=40, sampler=sampler)
test_loader = DataLoader(TensorDataset(test_x, test_y), batch_size=40)

net = nn.Sequential(
    nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
    nn.Conv2d(8, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
    nn.Flatten(), nn.Linear(400, 32), nn.ReLU(), nn.Linear(32, 2))
criterion = nn.CrossEntropyLoss()  # named here
optimizer = optim.Adam(net.parameters(), lr=1e-3)
for epoch in range(5):
    net.train()
    for inputs, labels in train_loader:  # named here
        optimizer.zero_grad()
        loss = criterion(net(inputs), labels)  # named here
        loss.backward()
        optimizer.step()
    net.eval()
    tp = fn = right = 0
    with torch.no_grad():
        for inputs, labels in test_loader:
            pred = net(inputs).argmax(1)
            right += (pred == labels).sum().item()
            tp += ((pred == 1) & (labels == 1)).sum().item()
            fn += ((pred == 0) & (labels == 1)).sum().item()
    print(f'epoch {epoch} loss {loss.item():.3f} acc {right / 400:.3f} '
          f'recall of fractures {tp / max(tp + fn, 1):.3f}')
