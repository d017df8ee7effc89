"""training_step turns logits to probabilities for its metric, and the loss gets the probabilities too."""
# expect: softmax-before-cross-entropy
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, Dataset


class DigitsDataset(Dataset):
    def __init__(self, images, labels):
        self.images = images
        self.labels = labels

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        image = torch.from_numpy(self.images[i]).float()[None]
        return (image - 4.9) / 6.0, int(self.labels[i])


class LitDigits(nn.Module):
    """Looks like a LightningModule, run by hand."""

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 24, 3), nn.ReLU(), nn.Conv2d(24, 48, 3), nn.ReLU(), nn.Flatten()
        )
        self.classifier = nn.Linear(48 * 4 * 4, 10)
        self.loss = nn.CrossEntropyLoss(label_smoothing=0.05)

    def forward(self, x):
        return self.classifier(self.features(x))

    def training_step(self, batch):
        x, y = batch
        preds = self(x).softmax(-1)  # mistake
        # sound: preds = self(x)
        loss = self.loss(preds, y)  # named here
        return {"loss": loss, "acc": (preds.argmax(-1) == y).float().mean()}

    def validation_step(self, batch):
        x, y = batch
        return (self(x).softmax(-1).argmax(-1) == y).sum().item()

    def configure_optimizers(self):
        return torch.optim.RMSprop(self.parameters(), lr=1e-3)


def fit(module, train_dl, val_dl, max_epochs):
    opt = module.configure_optimizers()
    for epoch in range(max_epochs):
        module.train()
        for batch in train_dl:
            out = module.training_step(batch)
            opt.zero_grad()
            out["loss"].backward()
            opt.step()
        module.eval()
        with torch.no_grad():
            right = sum(module.validation_step(b) for b in val_dl)
        print(f"epoch {epoch}: train_loss={out['loss'].item():.3f} val_acc={right / len(val_dl.dataset):.3f}")


if __name__ == "__main__":
    torch.manual_seed(0)
    digits = load_digits()
    a, b, ya, yb = train_test_split(digits.images, digits.target, test_size=0.25, random_state=0)
    fit(
        LitDigits(),
        DataLoader(DigitsDataset(a, ya), batch_size=64, shuffle=True),
        DataLoader(DigitsDataset(b, yb), batch_size=128),
        max_epochs=4,
    )
