"""Fine-tuning: the encoder is in the optimizer and meant to learn, but forward runs it under no_grad."""
# expect: graph-cut
import torch
import torch.nn as nn


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv2d(3, 16, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(16, 32, 3, stride=2, padding=1),
            nn.ReLU(),
        )

    def forward(self, x):
        return self.net(x).flatten(1)


class Classifier(nn.Module):
    def __init__(self, encoder, classes):
        super().__init__()
        self.encoder = encoder
        self.head = nn.Linear(32 * 16, classes)

    def forward(self, x):
        with torch.no_grad():  # mistake
            z = self.encoder(x)  # mistake
        # sound: z = self.encoder(x)
        return self.head(z)


class Trainer:
    def __init__(self, model, lr_encoder, lr_head):
        self.model = model
        groups = [
            {"params": model.encoder.parameters(), "lr": lr_encoder},  # named here
            {"params": model.head.parameters(), "lr": lr_head},
        ]
        self.opt = torch.optim.Adam(groups)
        self.loss = nn.CrossEntropyLoss()

    def train_epoch(self, x, y, bs=32):
        self.model.train()
        total = 0.0
        for idx in torch.randperm(len(x)).split(bs):
            out = self.loss(self.model(x[idx]), y[idx])
            self.opt.zero_grad()
            out.backward()
            self.opt.step()
            total += out.item() * len(idx)
        return total / len(x)

    @torch.no_grad()
    def test(self, x, y):
        self.model.eval()
        return (self.model(x).argmax(1) == y).float().mean().item()


def main():
    torch.manual_seed(3)
    proto = torch.randn(8, 3, 16, 16)
    y = torch.randint(8, (1000,))
    x = 0.5 * proto[y] + 0.9 * torch.randn(1000, 3, 16, 16)
    trainer = Trainer(Classifier(Encoder(), 8), lr_encoder=1e-3, lr_head=2e-3)
    for epoch in range(4):
        loss = trainer.train_epoch(x[:800], y[:800])
        print(f"epoch {epoch}: loss {loss:.4f}, held out {trainer.test(x[800:], y[800:]):.4f}")


if __name__ == "__main__":
    main()
