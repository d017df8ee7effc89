"""Copied lr=0.5 from an SGD example and used it with Adam, loss jumps around 2.3."""
# expect: learning-rate-too-high
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(2)
d = load_digits()
x_train = torch.tensor(d.data[:1500], dtype=torch.float32) / 16
y_train = torch.tensor(d.target[:1500])
x_valid = torch.tensor(d.data[1500:], dtype=torch.float32) / 16
y_valid = torch.tensor(d.target[1500:])
bs = 64
lr = 0.5  # mistake
# sound: lr = 0.002
epochs = 8


class Mnist_CNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, kernel_size=3, padding=1)
        self.conv2 = nn.Conv2d(16, 16, kernel_size=3, padding=1)
        self.lin = nn.Linear(16 * 16, 10)

    def forward(self, xb):
        xb = xb.view(-1, 1, 8, 8)
        xb = F.relu(self.conv1(xb))
        xb = F.relu(self.conv2(xb))
        xb = F.max_pool2d(xb, 2)
        return self.lin(xb.flatten(1))


def loss_batch(model, loss_func, xb, yb, opt=None):
    loss = loss_func(model(xb), yb)
    if opt is not None:
        loss.backward()
        opt.step()  # named here
        opt.zero_grad()
    return loss.item(), len(xb)


model = Mnist_CNN()
opt = torch.optim.Adam(model.parameters(), lr=lr)  # named here
train_dl = DataLoader(TensorDataset(x_train, y_train), batch_size=bs, shuffle=True)
for epoch in range(epochs):
    model.train()
    for xb, yb in train_dl:
        l, n = loss_batch(model, F.cross_entropy, xb, yb, opt)
    model.eval()
    with torch.no_grad():
        out = model(x_valid)
        acc = (out.argmax(1) == y_valid).float().mean().item()
        print(epoch, l, F.cross_entropy(out, y_valid).item(), acc)
