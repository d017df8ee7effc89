"""One class has thirty times as many pictures as the other, and the loss does not know."""
# expect: class-imbalance
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
healthy = torch.randn(900, 1, 16, 16) * 0.5
sick = torch.randn(30, 1, 16, 16) * 0.5
sick[:, :, 5:9, 5:9] += 1.0
X = torch.cat([healthy, sick])
y = torch.cat([torch.zeros(900), torch.ones(30)]).long()
train_loader = DataLoader(TensorDataset(X, y), batch_size=62, shuffle=True)  # named here

model = nn.Sequential(
    nn.Conv2d(1, 8, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(8 * 49, 2)
)
criterion = nn.CrossEntropyLoss()  # mistake
# sound: criterion = nn.CrossEntropyLoss(weight=torch.tensor([1.0, 30.0]))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for epoch in range(3):
    hits = torch.zeros(2)
    for images, labels in train_loader:
        logits = model(images)
        loss = criterion(logits, labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        for c in (0, 1):
            hits[c] += ((logits.argmax(1) == c) & (labels == c)).sum()
    print(f"epoch {epoch}: recall {(hits / torch.tensor([900, 30])).tolist()}")
