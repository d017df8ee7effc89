"""Weights never change: I clear the gradients between backward() and step()."""
# expect: step-order weights-do-not-change
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.autograd import Variable

digits = load_digits()
features = torch.FloatTensor(digits.data) / 16
targets = torch.LongTensor(digits.target)
order = torch.randperm(len(features))
features, targets = features[order], targets[order]

input_dim, hidden_dim, output_dim = 64, 100, 10


class ANNModel(nn.Module):
    def __init__(self, input_dim, hidden_dim, output_dim):
        super(ANNModel, self).__init__()
        self.fc1 = nn.Linear(input_dim, hidden_dim)
        self.relu1 = nn.ReLU()
        self.fc2 = nn.Linear(hidden_dim, hidden_dim)
        self.tanh2 = nn.Tanh()
        self.fc3 = nn.Linear(hidden_dim, output_dim)

    def forward(self, x):
        out = self.relu1(self.fc1(x))
        out = self.tanh2(self.fc2(out))
        return self.fc3(out)


model = ANNModel(input_dim, hidden_dim, output_dim)
error = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
count = 0
for epoch in range(5):
    for s in range(0, 1500, 50):
        train = Variable(features[s:s + 50])
        labels = Variable(targets[s:s + 50])
        # sound: optimizer.zero_grad()
        outputs = model(train)
        loss = error(outputs, labels)
        loss.backward()  # named here
        optimizer.zero_grad()  # mistake
        optimizer.step()  # named here
        count += 1
        if count % 30 == 0:
            predicted = torch.max(model(features[1500:]).data, 1)[1]
            accuracy = 100 * (predicted == targets[1500:]).sum().item() / len(predicted)
            print('Iteration: {}  Loss: {:.4f}  Accuracy: {:.2f} %'.format(count, loss.data.item(), accuracy))
