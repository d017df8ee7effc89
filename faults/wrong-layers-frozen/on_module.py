"""requires_grad is set on the module, where it does nothing."""
# expect: wrong-layers-frozen

import torch
import torch.nn as nn

torch.manual_seed(0)


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.backbone = nn.Sequential(nn.Linear(20, 32), nn.ReLU(), nn.Linear(32, 16), nn.ReLU())
        self.head = nn.Linear(16, 4)

    def forward(self, x):
        return self.head(self.backbone(x))


x = torch.randn(400, 20)
y = (x @ torch.randn(20, 4)).argmax(1)
model = Classifier()
model.backbone.requires_grad = False  # mistake
# sound: for p in model.backbone.parameters(): p.requires_grad = False
optimizer = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], lr=0.01)
for i in range(80):
    optimizer.zero_grad()
    loss = nn.functional.cross_entropy(model(x), y)
    loss.backward()
    optimizer.step()
print(loss.item())
