"""Homework says 'initialise uniformly', so I did weight.data.uniform_(0, 1) in all layers."""
# expect: initialisation-gain initial-loss
import torch
import torch.nn as nn
import torch.nn.functional as F

SEED = 17
torch.manual_seed(SEED)


def weights_init_uniform(m):
    classname = m.__class__.__name__
    if classname.find('Linear') != -1 or classname.find('Conv') != -1:
        y = 1.0 / (m.weight[0].numel() ** 0.5)
        m.weight.data.uniform_(0.0, 1.0)  # mistake
        # sound: m.weight.data.uniform_(-y, y)
        m.bias.data.fill_(0)


class Net(nn.Module):
    def __init__(self):
        super(Net, self).__init__()
        self.conv1 = nn.Conv2d(3, 12, 3, padding=1)
        self.conv2 = nn.Conv2d(12, 24, 3, padding=1)
        self.fc1 = nn.Linear(24 * 4 * 4, 64)
        self.fc2 = nn.Linear(64, 5)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = x.reshape(x.size(0), -1)
        x = F.relu(self.fc1(x))
        return self.fc2(x)  # named here


proto = torch.rand(5, 3, 16, 16)
y_all = torch.randint(5, (700,))
x_all = (0.5 * proto[y_all] + 0.5 * torch.rand(700, 3, 16, 16))
train_x, train_y, test_x, test_y = x_all[:500], y_all[:500], x_all[500:], y_all[500:]

model = Net()
model.apply(weights_init_uniform)  # named here
opt = torch.optim.Adam(model.parameters(), lr=1e-3)
loss_fn = nn.CrossEntropyLoss()
print('initial loss', loss_fn(model(train_x[:50]), train_y[:50]).item())
for epoch in range(6):
    for i in range(0, 500, 25):
        opt.zero_grad()
        loss = loss_fn(model(train_x[i:i + 25]), train_y[i:i + 25])
        loss.backward()
        opt.step()
    acc = (model(test_x).argmax(1) == test_y).float().mean().item()
    print(epoch, loss.item(), acc)
