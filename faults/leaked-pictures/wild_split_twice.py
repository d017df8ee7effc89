"""Training and validation set come from two separate random splits, so most validation pictures are trained on."""
# expect: leaked-pictures
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, Dataset, random_split


class Glyphs(Dataset):
    def __init__(self, n=1200):
        g = torch.Generator().manual_seed(77)
        shapes = (torch.rand(8, 1, 10, 10, generator=g) > 0.6).float()
        self.y = torch.randint(8, (n,), generator=g)
        self.x = shapes[self.y] - 0.4 + 0.9 * torch.randn(n, 1, 10, 10, generator=g)

    def __len__(self):
        return len(self.y)

    def __getitem__(self, index):
        return {"image": self.x[index], "label": self.y[index]}


class DataModule:
    def __init__(self, batch_size=48):
        self.batch_size = batch_size
        self.full = Glyphs()
        # sound: self.parts = random_split(self.full, [0.8, 0.2])

    def train_dataloader(self):
        train, _ = random_split(self.full, [0.8, 0.2])  # mistake
        # sound: train = self.parts[0]
        return DataLoader(train, batch_size=self.batch_size, shuffle=True)  # named here

    def val_dataloader(self):
        _, val = random_split(self.full, [0.8, 0.2])  # mistake
        # sound: val = self.parts[1]
        return DataLoader(val, batch_size=self.batch_size)  # named here


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.c = nn.Conv2d(1, 12, 3)
        self.l1 = nn.Linear(12 * 64, 64)
        self.l2 = nn.Linear(64, 8)

    def forward(self, batch):
        h = F.gelu(self.c(batch["image"])).flatten(1)
        return {"logits": self.l2(F.gelu(self.l1(h)))}


torch.manual_seed(1)
dm = DataModule()
train_dl, val_dl = dm.train_dataloader(), dm.val_dataloader()
net = Net()
optim = torch.optim.AdamW(net.parameters(), lr=1e-3)
for epoch in range(4):
    net.train()
    for batch in train_dl:
        loss = F.cross_entropy(net(batch)["logits"], batch["label"])
        optim.zero_grad()
        loss.backward()
        optim.step()
    net.eval()
    with torch.no_grad():
        flags = [net(b)["logits"].argmax(-1).eq(b["label"]) for b in val_dl]
    print(f"epoch {epoch} loss {loss.item():.3f} val {torch.cat(flags).float().mean().item():.3f}")
