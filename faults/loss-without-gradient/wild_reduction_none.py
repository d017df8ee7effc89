"""reduction='none' was set to look at hard samples, and backward is called on the whole vector of losses."""
# expect: loss-without-gradient
import torch
import torch.nn as nn

torch.manual_seed(0)
images = torch.randn(600, 1, 14, 14)
labels = torch.randint(0, 3, (600,))
for k in range(3):
    images[labels == k, :, 4 * k : 4 * k + 5] += 1.0
images = (images - images.mean()) / images.std()

model = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(8 * 36, 3))
criterion = nn.CrossEntropyLoss(reduction="none")  # named here
optimizer = torch.optim.RMSprop(model.parameters(), lr=1e-3)

for epoch in range(4):
    hardest = 0.0
    for idx in torch.randperm(480).split(24):
        losses = criterion(model(images[idx]), labels[idx])
        hardest = max(hardest, losses.max().item())
        optimizer.zero_grad()
        losses.backward()  # mistake
        # sound: losses.mean().backward()
        optimizer.step()
    print(f"epoch {epoch}, hardest sample {hardest:.2f}")

with torch.no_grad():
    print("accuracy", (model(images[480:]).argmax(1) == labels[480:]).float().mean().item())
