"""Arrays from keras are (N, 16, 16, 3). Conv2d wanted 16 channels, so I gave it in_channels=16 ..."""
# expect: channels-last
import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

np.random.seed(1)
torch.manual_seed(1)


def load_data(n):
    y = np.random.randint(0, 3, n)
    x = np.random.rand(n, 16, 16, 3).astype('float32') * 0.7
    for i in range(n):
        r, c = np.random.randint(0, 10, 2)
        x[i, r:r + 6, c:c + 6, y[i]] += 0.3
    return x, y


x_train, y_train = load_data(800)
x_test, y_test = load_data(200)
print(x_train.shape, x_test.shape)
X, T = torch.tensor(x_train), torch.tensor(x_test)
# sound: X, T = X.permute(0, 3, 1, 2), T.permute(0, 3, 1, 2)
channels, height, width = X.shape[1:]  # named here


class ConvNet(nn.Module):
    def __init__(self, in_channels):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, 32, 3, padding=1)
        self.conv2 = nn.Conv2d(32, 32, 3, padding=1)
        self.fc = nn.Linear(32, 3)

    def forward(self, x):
        x = torch.relu(self.conv1(x))  # named here
        x = torch.relu(self.conv2(x))
        return self.fc(x.mean(dim=(2, 3)))


train_loader = DataLoader(TensorDataset(X, torch.tensor(y_train)), batch_size=32, shuffle=True)  # named here
model = ConvNet(channels)
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
loss_fn = nn.CrossEntropyLoss()
for epoch in range(6):
    model.train()
    for xb, yb in train_loader:
        loss = loss_fn(model(xb), yb)  # named here
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        acc = (model(T).argmax(1) == torch.tensor(y_test)).float().mean().item()
    print('Epoch {} loss {:.4f} test acc {:.3f}'.format(epoch, loss.item(), acc))
