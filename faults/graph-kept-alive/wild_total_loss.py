"""total_loss += loss adds tensors with their graphs; those of the whole epoch stay in memory."""
# expect: graph-kept-alive
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
digits = load_digits()
images = (torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16 - 0.305) / 0.376
labels = torch.tensor(digits.target)
perm = torch.randperm(len(images))
loader = DataLoader(TensorDataset(images[perm[:1400]], labels[perm[:1400]]), batch_size=35, shuffle=True)

model = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(576, 10))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.002)

for epoch in range(5):
    total_loss = 0
    for x, y in loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        total_loss += loss  # mistake
        # sound: total_loss += loss.item()
    print(f"Epoch {epoch}: average loss {total_loss / len(loader):.4f}")

with torch.no_grad():
    acc = (model(images[perm[1400:]]).argmax(1) == labels[perm[1400:]]).float().mean().item()
print("accuracy", acc)
