"""'total' and 'correct' are set to zero inside the batch loop: I print the last batch's accuracy."""
# expect: wrong-metric
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.autograd import Variable
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
d = load_digits()
x, y = torch.FloatTensor(d.data) / 16, torch.LongTensor(d.target)
train_loader = DataLoader(TensorDataset(x[:1400], y[:1400]), batch_size=64, shuffle=True)
test_loader = DataLoader(TensorDataset(x[1400:], y[1400:]), batch_size=64, shuffle=False)


class LogisticPlus(nn.Module):
    def __init__(self):
        super(LogisticPlus, self).__init__()
        self.linear1 = nn.Linear(64, 32)
        self.linear2 = nn.Linear(32, 10)

    def forward(self, x):
        return self.linear2(torch.relu(self.linear1(x)))


model = LogisticPlus()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.2)
iter = 0
for epoch in range(8):
    for images, labels in train_loader:
        optimizer.zero_grad()
        outputs = model(Variable(images))
        loss = criterion(outputs, Variable(labels))
        loss.backward()
        optimizer.step()
        iter += 1
        if iter % 44 == 0:
            # sound: correct = 0
            # sound: total = 0
            for images, labels in test_loader:
                correct = 0  # mistake
                total = 0  # mistake
                outputs = model(Variable(images))
                _, predicted = torch.max(outputs.data, 1)  # named here
                total += labels.size(0)  # named here
                correct += (predicted == labels).sum().item()  # named here
            accuracy = 100 * correct / total  # named here
            print('Iteration: {}. Loss: {}. Accuracy: {}'.format(iter, loss.item(), accuracy))
