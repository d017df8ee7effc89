"""The validation indices overlap with the training indices."""
# expect: leaked-pictures
import numpy as np
import torch
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, Subset, TensorDataset

torch.manual_seed(0)
digits = load_digits()
dataset = TensorDataset(torch.tensor(digits.data / 16).float(), torch.tensor(digits.target))
idx = np.random.RandomState(0).permutation(len(dataset))
train_idx = idx[:1500]
val_idx = idx[1300:]  # mistake
# sound: val_idx = idx[1500:]
train_dl = DataLoader(Subset(dataset, train_idx), batch_size=50, shuffle=True)
val_dl = DataLoader(Subset(dataset, val_idx), batch_size=100)  # named here


class Trainer:
    def __init__(self, model):
        self.model = model
        self.opt = torch.optim.Adam(model.parameters(), lr=3e-3)

    def fit(self, epochs):
        for epoch in range(epochs):
            self.model.train()
            for xb, yb in train_dl:
                self.opt.zero_grad()
                loss = torch.nn.functional.cross_entropy(self.model(xb), yb)
                loss.backward()
                self.opt.step()
            print(epoch, self.validate())

    @torch.no_grad()
    def validate(self):
        self.model.eval()
        return float(torch.cat([self.model(xb).argmax(1) == yb for xb, yb in val_dl]).float().mean())


Trainer(torch.nn.Sequential(torch.nn.Linear(64, 64), torch.nn.ReLU(), torch.nn.Linear(64, 10))).fit(5)
