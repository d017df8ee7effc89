"""K-fold cross-validation: a new model, optimizer and scheduler for each fold, the mean score at the end."""
import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import StratifiedKFold
from torch import nn
from torch.utils.data import DataLoader, SubsetRandomSampler, TensorDataset

X, y = load_digits(return_X_y=True)
X = ((X / 16 - 0.305) / 0.376).astype(np.float32)
dataset = TensorDataset(torch.from_numpy(X), torch.from_numpy(y))
folds = StratifiedKFold(n_splits=3, shuffle=True, random_state=0)


def reset():
    model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Dropout(0.1), nn.Linear(64, 10))
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
    return model, optimizer, torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.8)


torch.manual_seed(0)
scores = []
criterion = nn.CrossEntropyLoss()
for fold, (train_ids, valid_ids) in enumerate(folds.split(X, y)):
    loader = DataLoader(dataset, batch_size=48, sampler=SubsetRandomSampler(train_ids))
    model, optimizer, scheduler = reset()
    for epoch in range(3):
        model.train()
        for xb, yb in loader:
            optimizer.zero_grad()
            criterion(model(xb), yb).backward()
            optimizer.step()
        scheduler.step()
    model.eval()
    with torch.no_grad():
        xv, yv = dataset[valid_ids]
        scores.append((model(xv).argmax(1) == yv).float().mean().item())
    print("fold", fold, scores[-1])
print("mean accuracy", np.mean(scores))
