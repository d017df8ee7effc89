"""forward works on a tensor that was meant for a test of shapes, not on what it is given."""
# expect: output-ignores-input unused-result
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(13)
bases = torch.randn(4, 1, 10, 10)
y = torch.randint(4, (800,))
x = bases[y] + torch.randn(800, 1, 10, 10)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 8, 3)
        self.fc = nn.Linear(8 * 64, 4)

    def forward(self, img):
        dummy = torch.rand(img.size(0), 1, 10, 10)  # named here
        h = F.relu(self.conv(dummy))  # mistake
        # sound: h = F.relu(self.conv(img))
        return self.fc(h.flatten(1))


net = Net()
opt = torch.optim.Adam(net.parameters(), lr=1e-3)
for epoch in range(4):
    for i in torch.randperm(700).split(35):
        opt.zero_grad()
        F.cross_entropy(net(x[i]), y[i]).backward()
        opt.step()
net.eval()
with torch.no_grad():
    print("accuracy", (net(x[700:]).argmax(1) == y[700:]).float().mean().item())
