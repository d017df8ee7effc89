"""nn.LSTM without batch_first reads (batch, rows, pixels): it runs through the batch as if it were time."""
# expect: samples-mixed
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

# Hyper-parameters
sequence_length = 8
input_size = 8
hidden_size = 64
num_layers = 1
num_classes = 10
batch_size = 60
num_epochs = 6
learning_rate = 0.01

torch.manual_seed(0)
digits = load_digits()
X = (digits.images - digits.images.mean()) / digits.images.std()
X_train, X_test, y_train, y_test = train_test_split(X, digits.target, test_size=300, random_state=0)
train_set = torch.utils.data.TensorDataset(torch.Tensor(X_train), torch.tensor(y_train))
train_loader = torch.utils.data.DataLoader(train_set, batch_size=batch_size, shuffle=True)
X_test, y_test = torch.Tensor(X_test), torch.tensor(y_test)


class RNN(nn.Module):
    def __init__(self, input_size, hidden_size, num_layers, num_classes):
        super(RNN, self).__init__()
        self.lstm = nn.LSTM(input_size, hidden_size, num_layers)  # mistake
        # sound: self.lstm = nn.LSTM(input_size, hidden_size, num_layers, batch_first=True)
        self.fc = nn.Linear(hidden_size, num_classes)

    def forward(self, x):
        # x: (batch, sequence, features)
        out, _ = self.lstm(x)  # named here
        out = self.fc(out[:, -1, :])
        return out


model = RNN(input_size, hidden_size, num_layers, num_classes)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=learning_rate)
for epoch in range(num_epochs):
    for i, (images, labels) in enumerate(train_loader):
        outputs = model(images.reshape(-1, sequence_length, input_size))
        loss = criterion(outputs, labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print("Epoch [{}/{}], Loss: {:.4f}".format(epoch + 1, num_epochs, loss.item()))
model.eval()
with torch.no_grad():
    correct = (model(X_test).argmax(1) == y_test).sum().item()
    print("Test Accuracy: {} %".format(100 * correct / len(y_test)))
