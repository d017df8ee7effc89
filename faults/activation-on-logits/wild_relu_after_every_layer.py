"""forward loops over all layers with relu, the last one included: the logits can't be negative."""
# expect: activation-on-logits
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(3)


class Network(nn.Module):
    def __init__(self, input_size, hidden_sizes, output_size):
        super().__init__()
        sizes = [input_size, *hidden_sizes, output_size]
        self.linears = nn.ModuleList(nn.Linear(i, o) for i, o in zip(sizes, sizes[1:]))

    def forward(self, x):
        x = x.flatten(1)
        for linear in self.linears:  # mistake
            x = F.relu(linear(x))  # mistake
        # sound: for linear in self.linears[:-1]:
            # sound: x = F.relu(linear(x))
        return x  # mistake
        # sound: return self.linears[-1](x)


digits = load_digits()
images = torch.tensor(digits.images, dtype=torch.float) / 8 - 0.61
labels = torch.tensor(digits.target)
train_loader = DataLoader(TensorDataset(images[300:], labels[300:]), 64, shuffle=True)
valid_images, valid_labels = images[:300], labels[:300]

model = Network(64, [100, 50], 10)
optimizer = torch.optim.Adam(model.parameters(), lr=0.003)
criterion = nn.CrossEntropyLoss()
for epoch in range(1, 7):
    model.train()
    train_loss = 0
    for xb, yb in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(xb), yb)  # named here
        loss.backward()
        optimizer.step()
        train_loss += loss.item() * len(yb)
    model.eval()
    with torch.no_grad():
        accuracy = (model(valid_images).argmax(dim=1) == valid_labels).float().mean()
    print(f"epoch {epoch}/6 train loss {train_loss / 1497:.3f} valid acc {accuracy:.3f}")
