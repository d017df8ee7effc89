"""Sound: the loss takes the logits; softmax and numpy serve only to print how sure the net is."""
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits

torch.manual_seed(0)
digits = load_digits()
perm = np.random.RandomState(0).permutation(len(digits.target))
x = (torch.tensor(digits.images[perm]).float().unsqueeze(1) - 4.88) / 6.02
y = torch.tensor(digits.target[perm])


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3, padding=1)
        self.conv2 = nn.Conv2d(16, 32, 3, padding=1)
        self.drop = nn.Dropout(0.2)
        self.fc = nn.Linear(32 * 4, 10)
        self.softmax = nn.Softmax(dim=1)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        logits = self.fc(self.drop(x.flatten(1)))
        return logits, self.softmax(logits)


net = Net()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
for epoch in range(5):
    net.train()
    for i in torch.randperm(1500).split(50):
        logits, probs = net(x[i])
        loss = criterion(logits, y[i])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    confidence = probs.detach().numpy().max(axis=1).mean()
    print(f"epoch {epoch} loss {loss.item():.3f} mean confidence {confidence:.3f}")

net.eval()
with torch.no_grad():
    _, probs = net(x[1500:])
conf, pred = probs.max(1)
print("accuracy", (pred == y[1500:]).float().mean().item(), "sure ones", (conf > 0.9).float().mean().item())
