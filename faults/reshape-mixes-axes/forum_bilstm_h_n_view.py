"""Bidirectional LSTM over the rows of the picture; h_n.view(batch, 2 * hidden) before the Linear."""
# expect: reshape-mixes-axes samples-mixed
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset

# Device configuration
device = torch.device('cuda' if torch.cuda.is_available() else 'cpu')

# Hyper-parameters
sequence_length = 8
input_size = 8
hidden_size = 48
num_classes = 10
batch_size = 60
num_epochs = 8
learning_rate = 0.005

d = load_digits()
x = torch.from_numpy(d.images / 16.).float()
y = torch.from_numpy(d.target)
train_loader = DataLoader(TensorDataset(x[:1440], y[:1440]), batch_size=batch_size, shuffle=True)
test_loader = DataLoader(TensorDataset(x[1440:], y[1440:]), batch_size=batch_size, shuffle=False)


class BiRNN(nn.Module):
    def __init__(self, input_size, hidden_size, num_classes):
        super(BiRNN, self).__init__()
        self.hidden_size = hidden_size
        self.lstm = nn.LSTM(input_size, hidden_size, 1, batch_first=True, bidirectional=True)
        self.fc = nn.Linear(hidden_size * 2, num_classes)

    def forward(self, x):
        _, (h_n, _) = self.lstm(x)
        # last hidden state of both directions
        h = h_n.view(x.size(0), 2 * self.hidden_size)  # mistake
        # sound: h = h_n.transpose(0, 1).reshape(x.size(0), 2 * self.hidden_size)
        return self.fc(h)


model = BiRNN(input_size, hidden_size, num_classes).to(device)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=learning_rate)

total_step = len(train_loader)
for epoch in range(num_epochs):
    for i, (images, labels) in enumerate(train_loader):
        images = images.reshape(-1, sequence_length, input_size).to(device)
        labels = labels.to(device)
        outputs = model(images)
        loss = criterion(outputs, labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if (i + 1) % 12 == 0:
            print('Epoch [{}/{}], Step [{}/{}], Loss: {:.4f}'.format(
                epoch + 1, num_epochs, i + 1, total_step, loss.item()))

model.eval()
with torch.no_grad():
    correct = 0
    total = 0
    for images, labels in test_loader:
        outputs = model(images.reshape(-1, sequence_length, input_size).to(device))
        _, predicted = torch.max(outputs.data, 1)
        total += labels.size(0)
        correct += (predicted == labels).sum().item()
    print('Test Accuracy: {} %'.format(100 * correct / total))
