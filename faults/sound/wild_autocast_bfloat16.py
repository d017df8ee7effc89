"""Mixed precision on the CPU: forward and loss under autocast(bfloat16), no GradScaler needed."""
import torch
from torch import nn


class Trainer:
    def __init__(self, model, lr=2e-3):
        self.model = model
        self.optimizer = torch.optim.Adam(model.parameters(), lr=lr)
        self.criterion = nn.CrossEntropyLoss()

    def train_step(self, x, y):
        self.model.train()
        self.optimizer.zero_grad(set_to_none=True)
        with torch.autocast(device_type="cpu", dtype=torch.bfloat16):
            loss = self.criterion(self.model(x), y)
        loss.backward()
        torch.nn.utils.clip_grad_value_(self.model.parameters(), 1.0)
        self.optimizer.step()
        return loss.item()

    @torch.inference_mode()
    def accuracy(self, x, y):
        self.model.eval()
        return (self.model(x).argmax(1) == y).float().mean().item()


torch.manual_seed(0)
protos = torch.randn(6, 3, 10, 10)
y = torch.randint(6, (800,))
x = (protos[y] + torch.randn(800, 3, 10, 10)) / 2**0.5
trainer = Trainer(nn.Sequential(nn.Flatten(), nn.Linear(300, 128), nn.ReLU(), nn.Dropout(0.3), nn.Linear(128, 6)))
for epoch in range(4):
    losses = [trainer.train_step(x[i], y[i]) for i in torch.randperm(640).split(32)]
    print(epoch, sum(losses) / len(losses), trainer.accuracy(x[640:], y[640:]))
