"""The mean is taken off while pictures are still uint8, so what is darker wraps around to bright."""
# expect: wrong-dtype
import torch
from torch import nn

torch.manual_seed(12)
motifs = torch.randint(40, 180, (5, 1, 12, 12))
labels = torch.randint(5, (900,))
pictures = (motifs[labels] + torch.randint(-40, 40, (900, 1, 12, 12))).clamp(0, 255).to(torch.uint8)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Flatten(), nn.Linear(144, 48), nn.ReLU(), nn.Linear(48, 5))

    def forward(self, pictures):
        x = pictures - 110  # mistake
        # sound: x = pictures.float() - 110
        return self.layers(x.float() / 60)


net = Net()
optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)
for epoch in range(4):
    for i in torch.randperm(800).split(40):
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(pictures[i]), labels[i]).backward()
        optimizer.step()
with torch.no_grad():
    print("accuracy", (net(pictures[800:]).argmax(1) == labels[800:]).float().mean().item())
