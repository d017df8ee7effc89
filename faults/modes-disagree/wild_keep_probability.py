"""0.9 was meant as the share of units to keep, but nn.Dropout takes the share to drop."""
# expect: modes-disagree regularisation-dominates cannot-overfit-batch
import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn

keep_prob = 0.9
learning_rate = 0.01
n_epochs = 9

torch.manual_seed(0)
rng = np.random.default_rng(0)
data, target = load_digits(return_X_y=True)
data = (data / 8.0 - 1.0).astype(np.float32)
idx = rng.permutation(len(data))
train_x, train_y = torch.as_tensor(data[idx[:1400]]), torch.as_tensor(target[idx[:1400]])
dev_x, dev_y = torch.as_tensor(data[idx[1400:]]), torch.as_tensor(target[idx[1400:]])

model = nn.Sequential(
    nn.Linear(64, 128),
    nn.ReLU(),
    nn.Dropout(keep_prob),  # mistake
    # sound: nn.Dropout(1 - keep_prob),
    nn.Linear(128, 128),
    nn.ReLU(),
    nn.Dropout(keep_prob),  # mistake
    # sound: nn.Dropout(1 - keep_prob),
    nn.Linear(128, 10),
)
cost = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=learning_rate, momentum=0.9)

for epoch in range(n_epochs):
    model.train()
    costs, hits = [], 0
    order = torch.randperm(len(train_x))
    for start in range(0, len(order), 50):
        sel = order[start : start + 50]
        out = model(train_x[sel])
        c = cost(out, train_y[sel])
        optimizer.zero_grad()
        c.backward()
        optimizer.step()
        costs.append(c.item())
        hits += int((out.argmax(1) == train_y[sel]).sum())
    model.eval()
    with torch.no_grad():
        dev = (model(dev_x).argmax(1) == dev_y).float().mean().item()
    if epoch % 3 == 2:
        print(f"epoch {epoch + 1:3d} cost {np.mean(costs):.3f} train acc {hits / len(train_x):.3f} dev acc {dev:.3f}")
