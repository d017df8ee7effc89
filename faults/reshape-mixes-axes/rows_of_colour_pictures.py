"""Each picture row goes through a GRU, but channels were never moved beside the columns."""
# expect: reshape-mixes-axes
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(4)
patterns = torch.randn(6, 3, 16, 16)
labels = torch.randint(6, (900,))
images = 0.7 * patterns[labels] + 0.7 * torch.randn(900, 3, 16, 16)
train = DataLoader(TensorDataset(images[:750], labels[:750]), batch_size=50, shuffle=True)


class RowGRU(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.GRU(3 * 16, 32, batch_first=True)
        self.head = nn.Linear(32, 6)

    def forward(self, x):
        rows = x.reshape(x.shape[0], 16, 3 * 16)  # mistake
        # sound: rows = x.permute(0, 2, 1, 3).reshape(x.shape[0], 16, 3 * 16)
        out, _ = self.rnn(rows)
        return self.head(out[:, -1])


model = RowGRU()
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
loss_fn = nn.CrossEntropyLoss()
for epoch in range(4):
    model.train()
    for x, y in train:
        optimizer.zero_grad()
        loss_fn(model(x), y).backward()
        optimizer.step()
model.eval()
with torch.no_grad():
    print("accuracy", (model(images[750:]).argmax(1) == labels[750:]).float().mean().item())
