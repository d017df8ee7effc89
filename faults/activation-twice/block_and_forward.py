"""The block ends in a sigmoid, and forward applies another one to its result."""
# expect: activation-twice
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(3)


def block(fan_in, fan_out):
    return nn.Sequential(nn.Linear(fan_in, fan_out), nn.Sigmoid())  # named here


class Mlp(nn.Module):
    def __init__(self):
        super().__init__()
        self.one = block(64, 64)
        self.two = nn.Linear(64, 10)

    def forward(self, x):
        h = torch.sigmoid(self.one(x))  # mistake
        # sound: h = self.one(x)
        return self.two(h)


data = load_digits()
X, Y = torch.tensor(data.data, dtype=torch.float32) / 16, torch.tensor(data.target)
model = Mlp()
opt = torch.optim.Adam(model.parameters(), 0.01)
for step in range(150):
    idx = torch.randint(0, 1500, (64,))
    loss = nn.functional.cross_entropy(model(X[idx]), Y[idx])
    opt.zero_grad()
    loss.backward()
    opt.step()
with torch.no_grad():
    print((model(X[1500:]).argmax(1) == Y[1500:]).float().mean())
