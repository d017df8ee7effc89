"""CNN and classifier are separate modules, but the optimizer only gets classifier.parameters()."""
# expect: not-in-optimizer
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(10)


class CNNEncoder(nn.Module):
    def __init__(self):
        super(CNNEncoder, self).__init__()
        self.layer1 = nn.Sequential(nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(),
                                    nn.MaxPool2d(2))
        self.layer2 = nn.Sequential(nn.Conv2d(16, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(),
                                    nn.MaxPool2d(2))

    def forward(self, x):
        return self.layer2(self.layer1(x)).view(x.size(0), -1)


class Classifier(nn.Module):
    def __init__(self):
        super(Classifier, self).__init__()
        self.fc1 = nn.Linear(64, 32)
        self.fc2 = nn.Linear(32, 10)

    def forward(self, x):
        return self.fc2(F.relu(self.fc1(x)))


d = load_digits()
X, Y = torch.tensor(d.images / 16, dtype=torch.float32).unsqueeze(1), torch.tensor(d.target)
train_loader = DataLoader(TensorDataset(X[:1500], Y[:1500]), batch_size=30, shuffle=True)
test_loader = DataLoader(TensorDataset(X[1500:], Y[1500:]), batch_size=30)
encoder, classifier = CNNEncoder(), Classifier()
params = list(classifier.parameters())  # mistake
# sound: params = list(encoder.parameters()) + list(classifier.parameters())
optimizer = torch.optim.Adam(params, lr=0.001)  # named here
criterion = nn.CrossEntropyLoss()

for epoch in range(5):
    encoder.train()
    classifier.train()
    for images, labels in train_loader:
        loss = criterion(classifier(encoder(images)), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()  # named here
    encoder.eval()
    classifier.eval()
    correct = 0
    with torch.no_grad():
        for images, labels in test_loader:
            correct += (classifier(encoder(images)).argmax(1) == labels).sum().item()
    print('Epoch [%d/5] Loss %.4f Test acc %.4f' % (epoch + 1, loss.item(), correct / 297))
