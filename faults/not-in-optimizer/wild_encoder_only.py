"""Encoder and classifier are two modules; only the encoder's parameters were given to the optimizer."""
# expect: not-in-optimizer
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

torch.manual_seed(0)


class Encoder(nn.Module):
    def __init__(self, latent=16):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(64, 64), nn.ELU(), nn.Linear(64, latent), nn.ELU())

    def forward(self, x):
        return self.net(x)


class Classifier(nn.Module):
    def __init__(self, latent=16):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(latent, 32), nn.ELU(), nn.Linear(32, 10))

    def forward(self, z):
        return self.net(z)


X, y = load_digits(return_X_y=True)
X = (torch.tensor(X, dtype=torch.float32) / 16 - 0.305) / 0.376
y = torch.tensor(y)
train_ids, test_ids = train_test_split(range(len(X)), test_size=0.2, random_state=0)
train_ids, test_ids = torch.tensor(train_ids), torch.tensor(test_ids)

encoder, classifier = Encoder(), Classifier()
optimizer = torch.optim.Adam(encoder.parameters(), lr=3e-3)  # mistake
# sound: optimizer = torch.optim.Adam([*encoder.parameters(), *classifier.parameters()], lr=3e-3)
criterion = nn.CrossEntropyLoss()

for epoch in range(6):
    encoder.train()
    classifier.train()
    for ids in train_ids[torch.randperm(len(train_ids))].split(48):
        encoder.zero_grad()
        classifier.zero_grad()
        loss = criterion(classifier(encoder(X[ids])), y[ids])
        loss.backward()
        optimizer.step()

encoder.eval()
classifier.eval()
with torch.no_grad():
    acc = (classifier(encoder(X[test_ids])).argmax(1) == y[test_ids]).float().mean().item()
print("test accuracy", acc)
