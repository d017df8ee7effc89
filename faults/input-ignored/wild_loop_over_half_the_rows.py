"""The RNN reads the digit row by row but stops after four of eight rows."""
# expect: input-ignored
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(6)
STEPS = 4  # mistake
# sound: STEPS = 8


class RowReader(nn.Module):
    def __init__(self, row=8, hidden=72):
        super().__init__()
        self.hidden = hidden
        self.cell = nn.GRUCell(row, hidden)
        self.decide = nn.Linear(hidden, 10)

    def forward(self, img):
        h = torch.zeros(img.size(0), self.hidden)
        for t in range(STEPS):  # named here
            h = self.cell(img[:, t], h)  # named here
        return self.decide(h)


d = load_digits()
img = (torch.tensor(d.images, dtype=torch.float32) - 4.88) / 6.02
lab = torch.tensor(d.target)
perm = torch.randperm(len(lab))
tr, te = perm[:1500], perm[1500:]
model = RowReader()
opt = torch.optim.Adam(model.parameters(), lr=5e-3)
ce = nn.CrossEntropyLoss()
for epoch in range(5):
    for b in tr[torch.randperm(1500)].split(50):
        loss = ce(model(img[b]), lab[b])
        opt.zero_grad()
        loss.backward()
        opt.step()
    with torch.no_grad():
        print("epoch", epoch, "test", (model(img[te]).argmax(1) == lab[te]).float().mean().item())
