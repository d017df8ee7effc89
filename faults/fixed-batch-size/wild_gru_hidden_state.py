"""A GRU reads the picture row by row; its first hidden state is made for exactly 32 pictures."""
# expect: fixed-batch-size
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class RowReader(nn.Module):
    """Reads a grey picture as a sequence of rows."""

    def __init__(self, row_len=12, hidden=48, n_classes=6, batch_size=32):
        super().__init__()
        self.hidden = hidden
        self.batch_size = batch_size
        self.gru = nn.GRU(row_len, hidden, batch_first=True)
        self.out = nn.Linear(hidden, n_classes)

    def init_hidden(self, n):
        return torch.zeros(1, n, self.hidden)

    def forward(self, x):
        h0 = self.init_hidden(self.batch_size)  # mistake
        # sound: h0 = self.init_hidden(x.size(0))
        seq, _ = self.gru(x, h0)
        return self.out(seq[:, -1])


torch.manual_seed(11)
patterns = torch.randn(6, 12, 12)
y = torch.randint(0, 6, (800,))
x = patterns[y] + torch.randn(800, 12, 12)
x = (x - x.mean()) / x.std()
train = DataLoader(TensorDataset(x[:640], y[:640]), batch_size=32, shuffle=True, drop_last=True)
test = DataLoader(TensorDataset(x[640:], y[640:]), batch_size=32, drop_last=True)

model = RowReader()
opt = torch.optim.Adam(model.parameters(), lr=5e-3)
ce = nn.CrossEntropyLoss()

for epoch in range(6):
    model.train()
    for xb, yb in train:
        opt.zero_grad(set_to_none=True)
        ce(model(xb), yb).backward()
        opt.step()

model.eval()
right = seen = 0
with torch.inference_mode():
    for xb, yb in test:
        right += int((model(xb).argmax(-1) == yb).sum())
        seen += len(yb)
print(f"{right} of {seen} right ({100 * right / seen:.1f} %)")
