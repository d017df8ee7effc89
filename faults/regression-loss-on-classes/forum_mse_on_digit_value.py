"""One output neuron and MSELoss against the digit 0..9, then round() to get the class."""
# expect: regression-loss-on-classes
import numpy as np
import torch
import torch.nn as nn
import torch.optim as optim
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset

X, y = load_digits(return_X_y=True)
X = X.astype(np.float32) / 16
train = TensorDataset(torch.tensor(X[:1400]), torch.tensor(y[:1400]))
test = TensorDataset(torch.tensor(X[1400:]), torch.tensor(y[1400:]))
train_loader = DataLoader(train, batch_size=32, shuffle=True)
test_loader = DataLoader(test, batch_size=32)

n_out = 1  # mistake
# sound: n_out = 10


class FeedForward(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(64, 80)
        self.fc2 = nn.Linear(80, 40)
        self.fc3 = nn.Linear(40, n_out)
        self.relu = nn.ReLU()

    def forward(self, x):
        x = self.relu(self.fc1(x))
        x = self.relu(self.fc2(x))
        return self.fc3(x)


model = FeedForward()
criterion = nn.MSELoss()  # mistake
# sound: criterion = nn.CrossEntropyLoss()
optimizer = optim.Adam(model.parameters(), lr=0.001)

for epoch in range(8):
    model.train()
    for data, target in train_loader:
        optimizer.zero_grad()
        output = model(data)
        loss = criterion(output.squeeze(1), target.float())  # mistake
        # sound: loss = criterion(output, target)
        loss.backward()
        optimizer.step()
    model.eval()
    correct = 0
    with torch.no_grad():
        for data, target in test_loader:
            output = model(data)
            pred = output.squeeze(1).round().long()  # mistake
            # sound: pred = output.argmax(dim=1)
            correct += pred.eq(target).sum().item()
    print('Epoch', epoch, 'Loss', round(loss.item(), 4), 'Accuracy', correct / len(test))
