"""Tensors sorted by class are walked through in slices."""
# expect: not-shuffled
import torch
import torch.nn as nn

torch.manual_seed(0)
num_classes, per_class, batch_size = 5, 80, 40
centres = torch.randn(num_classes, 64)
train_x = torch.cat([c + 0.8 * torch.randn(per_class, 64) for c in centres])
train_y = torch.arange(num_classes).repeat_interleave(per_class)

model = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, num_classes))
optimizer = torch.optim.Adam(model.parameters(), lr=0.005)
for epoch in range(5):
    perm = torch.arange(len(train_x))  # mistake
    # sound: perm = torch.randperm(len(train_x))
    total = 0
    for start in range(0, len(train_x), batch_size):
        idx = perm[start : start + batch_size]  # named here
        optimizer.zero_grad()
        output = model(train_x[idx])  # named here
        loss = nn.functional.cross_entropy(output, train_y[idx])
        loss.backward()
        optimizer.step()
        total += loss.item()
    print(f"epoch {epoch}: {total:.3f}")
