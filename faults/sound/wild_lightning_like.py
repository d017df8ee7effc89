"""A Lightning-like module and trainer by hand: steps, hooks, a data module, gradient clipping, a cosine schedule."""
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class DataModule:
    def setup(self, seed=0):
        g = torch.Generator().manual_seed(seed)
        proto = torch.randn(5, 3, 12, 12, generator=g)
        y = torch.randint(5, (1250,), generator=g)
        x = 0.6 * proto[y] + torch.randn(1250, 3, 12, 12, generator=g)
        self.train, self.val = TensorDataset(x[:1000], y[:1000]), TensorDataset(x[1000:], y[1000:])

    def train_dataloader(self):
        return DataLoader(self.train, batch_size=40, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val, batch_size=125)


class LitClassifier(nn.Module):
    def __init__(self, lr=3e-3):
        super().__init__()
        self.lr = lr
        self.backbone = nn.Sequential(
            nn.Conv2d(3, 16, 3, bias=False), nn.BatchNorm2d(16), nn.ReLU(inplace=True), nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3, bias=False), nn.BatchNorm2d(32), nn.ReLU(inplace=True),
        )
        self.dropout = nn.Dropout(0.2)
        self.head = nn.Linear(32, 5)
        self.logged = {}

    def log(self, name, value, n):
        total, count = self.logged.get(name, (0.0, 0))
        self.logged[name] = (total + float(value) * n, count + n)

    def forward(self, x):
        return self.head(self.dropout(self.backbone(x).mean((-2, -1))))

    def _shared_step(self, batch, stage):
        x, y = batch
        logits = self(x)
        loss = F.cross_entropy(logits, y)
        self.log(f"{stage}_loss", loss.detach(), len(y))
        self.log(f"{stage}_acc", (logits.argmax(1) == y).float().mean(), len(y))
        return loss

    def training_step(self, batch, batch_idx):
        return self._shared_step(batch, "train")

    def validation_step(self, batch, batch_idx):
        self._shared_step(batch, "val")

    def on_epoch_end(self, epoch):
        print(epoch, {k: round(t / c, 4) for k, (t, c) in self.logged.items()})
        self.logged.clear()

    def configure_optimizers(self, steps):
        optimizer = torch.optim.AdamW(self.parameters(), lr=self.lr, weight_decay=1e-2)
        scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=steps)
        return optimizer, scheduler


class Trainer:
    def __init__(self, max_epochs, gradient_clip_val=None):
        self.max_epochs, self.clip = max_epochs, gradient_clip_val

    def fit(self, module, datamodule):
        datamodule.setup()
        train_loader, val_loader = datamodule.train_dataloader(), datamodule.val_dataloader()
        optimizer, scheduler = module.configure_optimizers(self.max_epochs * len(train_loader))
        for epoch in range(self.max_epochs):
            module.train()
            for i, batch in enumerate(train_loader):
                loss = module.training_step(batch, i)
                optimizer.zero_grad()
                loss.backward()
                if self.clip is not None:
                    nn.utils.clip_grad_norm_(module.parameters(), self.clip)
                optimizer.step()
                scheduler.step()
            module.eval()
            with torch.no_grad():
                for i, batch in enumerate(val_loader):
                    module.validation_step(batch, i)
            module.on_epoch_end(epoch)


if __name__ == "__main__":
    torch.manual_seed(7)
    Trainer(max_epochs=4, gradient_clip_val=1.0).fit(LitClassifier(), DataModule())
