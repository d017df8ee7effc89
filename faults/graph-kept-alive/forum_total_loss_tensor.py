"""Memory grows each iteration: total_loss += loss without .item()."""
# expect: graph-kept-alive
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
d = load_digits()
x, y = torch.tensor(d.images).float().unsqueeze(1) / 16, torch.tensor(d.target)
train_loader = DataLoader(TensorDataset(x[:1500], y[:1500]), batch_size=25, shuffle=True)
test_loader = DataLoader(TensorDataset(x[1500:], y[1500:]), batch_size=99)
model = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
                      nn.Linear(144, 64), nn.ReLU(), nn.Linear(64, 10))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
total_loss = 0
for epoch in range(5):
    model.train()
    for image, label in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(image), label)
        loss.backward()
        optimizer.step()
        total_loss += loss  # mistake
        # sound: total_loss += loss.item()
    model.eval()
    with torch.no_grad():
        right = sum((model(i).argmax(1) == l).sum().item() for i, l in test_loader)
    print('Epoch {} sum of losses so far {:.3f} test {:.3f}'.format(epoch, float(total_loss), right / 297))
