"""A minus sign before the cross-entropy: the network learns to be wrong."""
# expect: loss-sign-or-sum
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)
w = torch.randn(10, 4)
x_train = torch.randn(500, 10)
y_train = (x_train @ w).argmax(1)


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(10, 32)
        self.out = nn.Linear(32, 4)

    def forward(self, x):
        return F.log_softmax(self.out(F.relu(self.hidden(x))), dim=-1)


clf = Classifier()
opt = torch.optim.Adam(clf.parameters(), lr=1e-2)
for epoch in range(20):
    for i in range(0, 500, 50):
        logp = clf(x_train[i : i + 50])
        loss = -F.nll_loss(logp, y_train[i : i + 50])  # mistake
        # sound: loss = F.nll_loss(logp, y_train[i : i + 50])
        opt.zero_grad()
        loss.backward()
        opt.step()
print("accuracy", (clf(x_train).argmax(1) == y_train).float().mean().item())
