"""clip_grad_norm_ stands before backward: nothing is clipped."""
# expect: step-order
import torch
import torch.nn as nn
from sklearn.datasets import load_digits

_digits = load_digits()
_x = (torch.tensor(_digits.images).float().unsqueeze(1) - 4.88) / 6.02
_y = torch.tensor(_digits.target)
_order = torch.randperm(len(_x), generator=torch.Generator().manual_seed(0))
x_train, y_train = _x[_order[:1400]], _y[_order[:1400]]
x_test, y_test = _x[_order[1400:]], _y[_order[1400:]]

class RowGRU(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.GRU(8, 64, batch_first=True)
        self.fc = nn.Linear(64, 10)
    def forward(self, x):
        _, h = self.rnn(x.squeeze(1))
        return self.fc(h[-1])

torch.manual_seed(0)
model = RowGRU()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
criterion = nn.CrossEntropyLoss()
loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x_train, y_train), 64, shuffle=True)
for epoch in range(3):
    model.train()
    for x, y in loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)  # mistake
        loss.backward()  # named here
        # sound: torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()  # named here
    model.eval()
    with torch.no_grad():
        print(epoch, loss.item(), (model(x_test).argmax(1) == y_test).float().mean().item())
