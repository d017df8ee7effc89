"""Copy and paste: stage 3 is fed from stage 1, so what stage 2 computes goes nowhere."""
# expect: unused-result
import torch
from torch import Tensor, nn


def stage(c_in: int, c_out: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(c_in, c_out, 3, padding=1, bias=False),
        nn.GroupNorm(4, c_out),
        nn.SiLU(),
    )


class Backbone(nn.Module):
    def __init__(self, width: int = 16) -> None:
        super().__init__()
        self.stage1 = stage(3, width)
        self.stage2 = stage(width, width)
        self.stage3 = stage(width, width)
        self.pool = nn.MaxPool2d(2)
        self.head = nn.Linear(width * 16, 5)

    def forward(self, images: Tensor) -> Tensor:
        f1 = self.pool(self.stage1(images))
        f2 = self.stage2(f1)  # named here
        f3 = self.pool(self.stage3(f1))  # mistake
        # sound: f3 = self.pool(self.stage3(f2))
        return self.head(f3.flatten(start_dim=1))


class Trainer:
    def __init__(self, model: nn.Module, lr: float) -> None:
        self.model = model
        self.criterion = nn.CrossEntropyLoss()
        self.optimizer = torch.optim.AdamW(model.parameters(), lr=lr)

    def fit(self, x: Tensor, y: Tensor, steps: int, batch: int) -> None:
        self.model.train()
        for step in range(steps):
            pick = torch.randint(len(x), (batch,))
            loss = self.criterion(self.model(x[pick]), y[pick])
            self.optimizer.zero_grad(set_to_none=True)
            loss.backward()
            self.optimizer.step()
            if step % 20 == 0:
                print(f"step {step:3d}  loss {loss.item():.3f}")

    @torch.inference_mode()
    def score(self, x: Tensor, y: Tensor) -> float:
        self.model.eval()
        return (self.model(x).argmax(-1) == y).float().mean().item()


if __name__ == "__main__":
    torch.manual_seed(7)
    prototypes = torch.randn(5, 3, 16, 16)
    y = torch.randint(5, (900,))
    x = prototypes[y] + 1.5 * torch.randn(900, 3, 16, 16)
    x = (x - x[:700].mean()) / x[:700].std()
    trainer = Trainer(Backbone(), lr=2e-3)
    trainer.fit(x[:700], y[:700], steps=80, batch=32)
    print("held-out accuracy", round(trainer.score(x[700:], y[700:]), 3))
