"""log_softmax over dim 0: the scores are normalised over the batch, not over the classes."""
# expect: wrong-dim
import torch
from sklearn import datasets
from torch import nn, optim
from torch.nn import functional as F

torch.manual_seed(5)
digits = datasets.load_digits()
x = torch.tensor(digits.data, dtype=torch.float32)
x = (x - x[:1500].mean()) / x[:1500].std()
y = torch.tensor(digits.target, dtype=torch.long)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(64, 60)
        self.output = nn.Linear(60, 10)

    def forward(self, x):
        x = torch.relu(self.hidden(x))
        x = self.output(x)
        return F.log_softmax(x, dim=0)  # mistake
        # sound: return F.log_softmax(x, dim=1)


net = Net()
optimizer = optim.Adam(net.parameters(), lr=5e-3)
for epoch in range(6):
    perm = torch.randperm(1500)
    for i in range(0, 1500, 100):
        xb, yb = x[perm[i : i + 100]], y[perm[i : i + 100]]
        net.zero_grad()
        loss = F.nll_loss(net(xb), yb)  # named here
        loss.backward()
        optimizer.step()
    print(epoch, loss.item())

net.eval()
with torch.no_grad():
    correct = sum(int(net(x[i : i + 1]).argmax(1) == y[i]) for i in range(1500, 1797))
print("Accuracy, one picture at a time:", round(correct / 297, 3))
