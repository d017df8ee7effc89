"""Two percent of the answers are yes and there is no pos_weight: always saying no is 98 percent right."""
# expect: class-imbalance
import torch
import torch.nn as nn


class LesionNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.backbone = nn.Sequential(
            nn.Conv2d(1, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(8, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.AdaptiveMaxPool2d(1),
        )
        self.fc = nn.Linear(16, 1)

    def forward(self, x):
        return self.fc(self.backbone(x).flatten(1)).squeeze(1)


class Trainer:
    def __init__(self, model, train, val, lr=3e-3, batch=64):
        self.model, self.batch = model, batch
        self.x, self.y = train
        self.xv, self.yv = val
        pos = self.y.sum()
        print(f"{int(pos)} positive pictures of {len(self.y)}")
        self.loss_fn = nn.BCEWithLogitsLoss()  # mistake
        # sound: self.loss_fn = nn.BCEWithLogitsLoss(pos_weight=(len(self.y) - pos) / pos)
        self.opt = torch.optim.Adam(model.parameters(), lr=lr)

    def epoch(self):
        self.model.train()
        for idx in torch.randperm(len(self.x)).split(self.batch):
            if len(idx) < self.batch:
                continue
            self.opt.zero_grad()
            loss = self.loss_fn(self.model(self.x[idx]), self.y[idx])  # named here
            loss.backward()
            self.opt.step()
        return loss.item()

    @torch.inference_mode()
    def score(self):
        self.model.eval()
        said = self.model(self.xv) > 0
        truth = self.yv > 0.5
        return said[truth].float().mean().item(), (~said[~truth]).float().mean().item()


def scans(n, share, g):
    y = (torch.rand(n, generator=g) < share).float()
    x = 0.6 * torch.randn(n, 1, 16, 16, generator=g)
    for i in y.nonzero().flatten().tolist():
        r, c = torch.randint(0, 12, (2,), generator=g).tolist()
        x[i, 0, r : r + 4, c : c + 4] += 0.9
    return x, y


if __name__ == "__main__":
    torch.manual_seed(6)
    g = torch.Generator().manual_seed(6)
    trainer = Trainer(LesionNet(), scans(1600, 0.02, g), scans(400, 0.25, g))
    for e in range(5):
        last = trainer.epoch()
        sens, spec = trainer.score()
        print(f"[{e}] loss {last:.4f} sensitivity {sens:.3f} specificity {spec:.3f}")
