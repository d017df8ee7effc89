"""Cats vs dogs homework: sigmoid in forward() and BCEWithLogitsLoss as the criterion."""
# expect: bce-wrong-range
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(0)
N = 800
y = torch.randint(0, 2, (N,))
ears = torch.zeros(N, 3, 24, 24)
ears[y == 0, :, 2:8, 4:8] = 0.5
ears[y == 1, :, 2:14, 2:5] = 0.5
x = torch.clamp(torch.rand(N, 3, 24, 24) * 0.6 + ears * torch.rand(N, 1, 1, 1) * 1.2, 0, 1)
ds = TensorDataset(x, y)
train_set, val_set = random_split(ds, [640, 160])
trainloader = DataLoader(train_set, batch_size=32, shuffle=True)
valloader = DataLoader(val_set, batch_size=32, shuffle=False)


class CatDogNet(nn.Module):
    def __init__(self):
        super(CatDogNet, self).__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 8, 3), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(8, 16, 3), nn.ReLU(), nn.MaxPool2d(2))
        self.fc1 = nn.Linear(16 * 4 * 4, 32)
        self.fc2 = nn.Linear(32, 1)

    def forward(self, img):
        out = self.features(img)
        out = torch.flatten(out, 1)
        out = torch.relu(self.fc1(out))
        out = self.fc2(out)
        return torch.sigmoid(out)  # mistake
        # sound: return out


model = CatDogNet()
device = torch.device('cuda:0' if torch.cuda.is_available() else 'cpu')
model.to(device)
criterion = nn.BCEWithLogitsLoss()  # named here
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
thr = 0.5  # mistake
# sound: thr = 0.0

for epoch in range(6):
    train_loss = 0
    model.train()
    for images, labels in trainloader:
        images, labels = images.to(device), labels.to(device).float().unsqueeze(1)
        optimizer.zero_grad()
        logits = model(images)
        loss = criterion(logits, labels)  # named here
        loss.backward()
        optimizer.step()
        train_loss += loss.item()
    model.eval()
    hits = 0
    with torch.no_grad():
        for images, labels in valloader:
            preds = (model(images.to(device)) > thr).long().cpu().squeeze(1)
            hits += (preds == labels).sum().item()
    print(f"Epoch {epoch}: train loss {train_loss / len(trainloader):.3f} val acc {hits / len(val_set):.3f}")
