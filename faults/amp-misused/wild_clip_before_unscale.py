"""Gradients are clipped while they still carry the loss scale, so every step is clipped to almost nothing."""
# expect: amp-misused
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset

device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
torch.manual_seed(0)


def get_loaders(batch_size):
    d = load_digits()
    x = torch.from_numpy(d.images).float().unsqueeze(1) / 16.0
    y = torch.from_numpy(d.target).long()
    idx = torch.randperm(len(x))
    tr, va = idx[:1440], idx[1440:]
    return (
        DataLoader(TensorDataset(x[tr], y[tr]), batch_size=batch_size, shuffle=True),
        DataLoader(TensorDataset(x[va], y[va]), batch_size=batch_size),
    )


class SmallCNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(),
        )
        self.classifier = nn.Linear(32 * 4 * 4, 10)

    def forward(self, x):
        return self.classifier(self.features(x).flatten(1))


train_loader, val_loader = get_loaders(48)
model = SmallCNN().to(device)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
scaler = torch.amp.GradScaler(device.type, init_scale=4096.0)

for epoch in range(5):
    model.train()
    running = 0.0
    for images, targets in train_loader:
        images, targets = images.to(device), targets.to(device)
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast(device_type=device.type, dtype=torch.bfloat16):
            outputs = model(images)
            loss = criterion(outputs, targets)
        scaler.scale(loss).backward()
        # sound: scaler.unscale_(optimizer)
        torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm=1.0)  # named here
        scaler.step(optimizer)  # named here
        scaler.update()
        running += loss.item() * images.size(0)
    model.eval()
    correct = total = 0
    with torch.no_grad():
        for images, targets in val_loader:
            pred = model(images.to(device)).argmax(dim=1).cpu()
            correct += (pred == targets).sum().item()
            total += targets.size(0)
    print(f"Epoch {epoch}: loss {running / len(train_loader.dataset):.4f}, val acc {correct / total:.4f}")
