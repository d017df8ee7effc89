"""Training, validation and test set; stopped early on the validation loss, tested once at the end."""
import copy

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split


class EarlyStopper:
    def __init__(self, patience):
        self.patience, self.count, self.best, self.weights = patience, 0, float("inf"), None

    def update(self, loss, model):
        if loss < self.best - 1e-4:
            self.best, self.count = loss, 0
            self.weights = copy.deepcopy(model.state_dict())
        else:
            self.count += 1
        return self.count >= self.patience


def run(model, loader, criterion, optimizer=None):
    training = optimizer is not None
    model.train(training)
    loss_sum = hits = n = 0
    with torch.set_grad_enabled(training):
        for x, y in loader:
            out = model(x)
            loss = criterion(out, y)
            if training:
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            loss_sum += loss.item() * len(y)
            hits += (out.argmax(1) == y).sum().item()
            n += len(y)
    return loss_sum / n, hits / n


def main():
    torch.manual_seed(0)
    x, y = load_digits(return_X_y=True)
    data = TensorDataset(torch.tensor(x).float() / 16, torch.tensor(y))
    train, val, test = random_split(data, [1200, 300, 297], generator=torch.Generator().manual_seed(1))
    train_loader = DataLoader(train, batch_size=60, shuffle=True)
    val_loader, test_loader = DataLoader(val, batch_size=100), DataLoader(test, batch_size=99)
    model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Dropout(0.2), nn.Linear(64, 10))
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=4e-3)
    stopper = EarlyStopper(patience=3)
    for epoch in range(15):
        train_loss, _ = run(model, train_loader, criterion, optimizer)
        val_loss, val_acc = run(model, val_loader, criterion)
        print(f"epoch {epoch:2d} train {train_loss:.4f} val {val_loss:.4f} acc {val_acc:.3f}")
        if stopper.update(val_loss, model):
            print("stopped early")
            break
    model.load_state_dict(stopper.weights)
    print("test accuracy %.4f" % run(model, test_loader, criterion)[1])


main()
