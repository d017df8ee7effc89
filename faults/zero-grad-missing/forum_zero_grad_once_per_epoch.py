"""optimizer.zero_grad() stands above the inner loop, so it is called once per epoch only."""
# expect: zero-grad-missing
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(42)
data = load_digits()
x, y = torch.from_numpy(data.images).float().unsqueeze(1) / 16., torch.from_numpy(data.target)
train_loader = DataLoader(TensorDataset(x[:1200], y[:1200]), batch_size=20, shuffle=True)
valid_loader = DataLoader(TensorDataset(x[1200:1500], y[1200:1500]), batch_size=20)
test_loader = DataLoader(TensorDataset(x[1500:], y[1500:]), batch_size=20)


class ConvNet(nn.Module):
    def __init__(self):
        super(ConvNet, self).__init__()
        self.conv1 = nn.Conv2d(1, 12, 3, padding=1)
        self.conv2 = nn.Conv2d(12, 24, 3, padding=1)
        self.dropout = nn.Dropout(0.2)
        self.fc1 = nn.Linear(24 * 4 * 4, 64)
        self.fc2 = nn.Linear(64, 10)

    def forward(self, x):
        x = F.relu(self.conv1(x))
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = self.dropout(x.flatten(1))
        return self.fc2(F.relu(self.fc1(x)))


model = ConvNet()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
for epoch in range(1, 7):
    train_loss = valid_loss = 0.0
    model.train()
    optimizer.zero_grad()  # mistake
    for data, target in train_loader:
        # sound: optimizer.zero_grad()
        output = model(data)
        loss = criterion(output, target)
        loss.backward()  # named here
        optimizer.step()  # named here
        train_loss += loss.item() * data.size(0)
    model.eval()
    hits = 0
    with torch.no_grad():
        for data, target in valid_loader:
            output = model(data)
            valid_loss += criterion(output, target).item() * data.size(0)
            hits += (output.argmax(1) == target).sum().item()
    print('Epoch: {} \tTraining Loss: {:.6f} \tValidation Loss: {:.6f} \tacc {:.3f}'.format(
        epoch, train_loss / 1200, valid_loss / 300, hits / 300))
