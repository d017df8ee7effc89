"""K-fold: a new model in each fold, but the optimizer was made once before the loop."""
# expect: not-in-optimizer weights-do-not-change
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import KFold
from torch import nn
from torch.utils.data import DataLoader, SubsetRandomSampler, TensorDataset


class SimpleConvNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(1, 10, kernel_size=3), nn.ReLU(), nn.Flatten(),
            nn.Linear(6 * 6 * 10, 50), nn.ReLU(), nn.Linear(50, 10))

    def forward(self, x):
        return self.layers(x)


torch.manual_seed(42)
k_folds = 3
num_epochs = 3
results = {}
digits = load_digits()
dataset = TensorDataset(torch.tensor(digits.images).float().unsqueeze(1) / 16.0, torch.tensor(digits.target))
kfold = KFold(n_splits=k_folds, shuffle=True, random_state=42)
loss_function = nn.CrossEntropyLoss()
network = SimpleConvNet()
optimizer = torch.optim.Adam(network.parameters(), lr=2e-3)  # mistake

for fold, (train_ids, test_ids) in enumerate(kfold.split(dataset)):
    print('FOLD', fold)
    trainloader = DataLoader(dataset, batch_size=32, sampler=SubsetRandomSampler(train_ids))
    testloader = DataLoader(dataset, batch_size=32, sampler=SubsetRandomSampler(test_ids))
    network = SimpleConvNet()  # named here
    # sound: optimizer = torch.optim.Adam(network.parameters(), lr=2e-3)
    for epoch in range(num_epochs):
        current_loss = 0.0
        for inputs, targets in trainloader:
            optimizer.zero_grad()
            outputs = network(inputs)
            loss = loss_function(outputs, targets)
            loss.backward()
            optimizer.step()  # named here
            current_loss += loss.item()
        print('  epoch', epoch, 'loss', current_loss / len(trainloader))
    correct, total = 0, 0
    with torch.no_grad():
        for inputs, targets in testloader:
            predicted = torch.max(network(inputs).data, 1)[1]
            total += targets.size(0)
            correct += (predicted == targets).sum().item()
    results[fold] = 100.0 * correct / total
print('average', sum(results.values()) / len(results))
