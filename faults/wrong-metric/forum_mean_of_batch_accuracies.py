"""Validation accuracy is the mean over batches, but the last batch holds only four pictures."""
# expect: wrong-metric
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(13)
g = torch.randn(5, 1, 12, 12)
lab = torch.randint(0, 5, (704,))
im = g[lab] * 0.3 + torch.randn(704, 1, 12, 12)
train_dl = DataLoader(TensorDataset(im[:500], lab[:500]), batch_size=50, shuffle=True)
val_dl = DataLoader(TensorDataset(im[500:], lab[500:]), batch_size=50)


class ImageClassificationBase(nn.Module):
    def training_step(self, batch):
        images, labels = batch
        return F.cross_entropy(self(images), labels)

    def validation_step(self, batch):
        images, labels = batch
        out = self(images)
        correct = (out.argmax(dim=1) == labels).sum().item()  # named here
        return {'val_loss': F.cross_entropy(out, labels).item(), 'correct': correct, 'n': len(labels)}

    def validation_epoch_end(self, outputs):
        accs = [x['correct'] / x['n'] for x in outputs]  # mistake
        epoch_acc = sum(accs) / len(accs)  # mistake
        # sound: epoch_acc = sum(x['correct'] for x in outputs) / sum(x['n'] for x in outputs)
        epoch_loss = sum(x['val_loss'] * x['n'] for x in outputs) / sum(x['n'] for x in outputs)
        return {'val_loss': epoch_loss, 'val_acc': epoch_acc}


class Cifar10CnnModel(ImageClassificationBase):
    def __init__(self):
        super().__init__()
        self.network = nn.Sequential(
            nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Flatten(), nn.Linear(8 * 36, 48), nn.ReLU(), nn.Linear(48, 5))

    def forward(self, xb):
        return self.network(xb)


@torch.no_grad()
def evaluate(model, val_loader):
    model.eval()
    outputs = [model.validation_step(batch) for batch in val_loader]
    return model.validation_epoch_end(outputs)


def fit(epochs, lr, model):
    optimizer = torch.optim.Adam(model.parameters(), lr)
    for epoch in range(epochs):
        model.train()
        for batch in train_dl:
            loss = model.training_step(batch)
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
        result = evaluate(model, val_dl)
        print("Epoch [{}], val_loss: {:.4f}, val_acc: {:.4f}".format(
            epoch, result['val_loss'], result['val_acc']))


fit(6, 1e-3, Cifar10CnnModel())
