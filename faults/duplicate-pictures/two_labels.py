"""Two lists were put together, and many pictures of the second lie in the first under another label."""
# expect: duplicate-pictures
import torch
from torch import nn
from torch.utils.data import ConcatDataset, DataLoader, TensorDataset

torch.manual_seed(0)
pattern = torch.randn(4, 3, 16, 16)
y_old = torch.randint(0, 4, (400,))
x_old = pattern[y_old] + torch.randn(400, 3, 16, 16)
x_new = x_old[:120].clone()
y_new = (y_old[:120] + 1) % 4  # mistake
# sound: y_new = torch.randint(0, 4, (120,))
# sound: x_new = pattern[y_new] + torch.randn(120, 3, 16, 16)
dataset = ConcatDataset([TensorDataset(x_old, y_old), TensorDataset(x_new, y_new)])  # named here
loader = DataLoader(dataset, batch_size=40, shuffle=True)  # named here

model = nn.Sequential(nn.Conv2d(3, 16, 3, 2), nn.ReLU(), nn.Flatten(), nn.Linear(16 * 49, 4))
optimizer = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9)
for epoch in range(4):
    hits = 0
    for x, y in loader:
        out = model(x)
        loss = nn.functional.cross_entropy(out, y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        hits += (out.argmax(1) == y).sum().item()
    print(f"epoch {epoch} train accuracy {hits / len(dataset):.2f}")
