"""zero_grad stands between backward and step."""
# expect: step-order

import torch
from torch import nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset


class Trainer:
    def __init__(self, model, loader, lr=1e-2):
        self.model = model
        self.loader = loader
        self.loss_fn = nn.CrossEntropyLoss()
        self.optimizer = torch.optim.Adam(model.parameters(), lr=lr)

    def training_step(self, batch):
        x, y = batch
        logits = self.model(x)
        loss = self.loss_fn(logits, y)
        # sound: self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.zero_grad()  # mistake
        self.optimizer.step()
        return loss.item()

    def fit(self, epochs):
        for epoch in range(epochs):
            losses = [self.training_step(batch) for batch in self.loader]
            print(f"epoch {epoch}: {sum(losses) / len(losses):.4f}")


torch.manual_seed(0)
data = load_digits()
dataset = TensorDataset(torch.tensor(data.data, dtype=torch.float32) / 16, torch.tensor(data.target))
trainer = Trainer(nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10)), DataLoader(dataset, 64, shuffle=True))
trainer.fit(3)
