"""The LSTM's first state is made for 64 sequences; the loader drops what does not fill a batch."""
# expect: fixed-batch-size
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(11)
waves = torch.randn(4, 10, 6)
y = torch.randint(4, (700,))
x = waves[y] + torch.randn(700, 10, 6)
loader = DataLoader(TensorDataset(x, y), batch_size=64, shuffle=True, drop_last=True)


class Reader(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(6, 24, batch_first=True)
        self.fc = nn.Linear(24, 4)

    def forward(self, x):
        h0 = torch.zeros(1, 64, 24)  # mistake
        c0 = torch.zeros(1, 64, 24)  # mistake
        # sound: h0 = torch.zeros(1, x.size(0), 24)
        # sound: c0 = torch.zeros(1, x.size(0), 24)
        out, _ = self.lstm(x, (h0, c0))
        return self.fc(out[:, -1])


net = Reader()
opt = torch.optim.Adam(net.parameters(), lr=0.01)
for epoch in range(5):
    right = 0
    for xb, yb in loader:
        opt.zero_grad()
        out = net(xb)
        nn.functional.cross_entropy(out, yb).backward()
        opt.step()
        right += (out.argmax(1) == yb).sum().item()
    print(epoch, right / (len(loader) * 64))
