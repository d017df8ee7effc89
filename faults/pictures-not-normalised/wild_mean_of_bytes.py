"""Normalize has the mean of bytes (127.5), but ToTensor gives 0..1: all pictures become nearly minus one."""
# expect: pictures-not-normalised
import torch
import torch.nn as nn
import torchvision.transforms as T
from torch.utils.data import DataLoader
from torchvision.datasets import FakeData

train_tf = T.Compose([
    T.ToTensor(),
    T.Normalize(mean=(127.5, 127.5, 127.5), std=(127.5, 127.5, 127.5)),  # mistake
    # sound: T.Normalize(mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5)),
])


class LitLikeModule(nn.Module):
    """Keeps step and optimizer together, in the manner of a LightningModule."""

    def __init__(self, num_classes=3, lr=1e-3):
        super().__init__()
        self.lr = lr
        self.net = nn.Sequential(
            nn.Conv2d(3, 8, 3, stride=2), nn.ReLU(),
            nn.Conv2d(8, 16, 3, stride=2), nn.ReLU(),
            nn.Flatten(), nn.Linear(16 * 5 * 5, num_classes),
        )
        self.loss = nn.CrossEntropyLoss()

    def forward(self, x):
        return self.net(x)

    def training_step(self, batch, batch_idx):
        x, y = batch
        loss = self.loss(self(x), y)  # named here
        if batch_idx % 4 == 0:
            print(f"  step {batch_idx} loss {loss.item():.3f} (pixels {x.min():.3f} to {x.max():.3f})")
        return loss

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=self.lr)


class MiniTrainer:
    def __init__(self, max_epochs):
        self.max_epochs = max_epochs

    def fit(self, module, loader):
        optimizer = module.configure_optimizers()
        module.train()
        for epoch in range(self.max_epochs):
            print("epoch", epoch)
            for i, batch in enumerate(loader):
                optimizer.zero_grad()
                module.training_step(batch, i).backward()
                optimizer.step()


torch.manual_seed(0)
data = FakeData(size=240, image_size=(3, 24, 24), num_classes=3, transform=train_tf)  # stands in for the real pictures
MiniTrainer(max_epochs=4).fit(LitLikeModule(), DataLoader(data, batch_size=20, shuffle=True))
