"""Cross-validation: for every fold the same seed, a new net, optimizer and schedule."""

import torch
from sklearn.datasets import load_iris
from sklearn.model_selection import KFold
from torch import nn
from torch.utils.data import DataLoader, SubsetRandomSampler, TensorDataset

x, y = load_iris(return_X_y=True)
x = torch.tensor((x - x.mean(0)) / x.std(0), dtype=torch.float32)
dataset = TensorDataset(x, torch.tensor(y))
scores = []
for fold, (train_ids, val_ids) in enumerate(KFold(5, shuffle=True, random_state=0).split(x)):
    torch.manual_seed(42)
    train_loader = DataLoader(dataset, batch_size=10, sampler=SubsetRandomSampler(train_ids))
    val_loader = DataLoader(dataset, batch_size=10, sampler=SubsetRandomSampler(val_ids))
    net = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Dropout(0.1), nn.Linear(16, 3))
    optimizer = torch.optim.Adam(net.parameters(), lr=0.02)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=3, gamma=0.5)
    for epoch in range(6):
        net.train()
        for xb, yb in train_loader:
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(net(xb), yb)
            loss.backward()
            optimizer.step()
        scheduler.step()
    net.eval()
    correct, total = 0, 0
    with torch.no_grad():
        for xb, yb in val_loader:
            correct += (net(xb).argmax(1) == yb).sum().item()
            total += len(yb)
    scores.append(correct / total)
    print(f"fold {fold}: {scores[-1]:.3f}")
print("mean", sum(scores) / len(scores))
