"""The split gives three percent to training, the rest to testing; a large net learns those few pictures by heart."""
# expect: overfitting
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
features, labels = load_digits(return_X_y=True)
features = torch.tensor(features, dtype=torch.float32) / 16
labels = torch.tensor(labels)
idx_train, idx_valid = train_test_split(range(len(labels)), train_size=0.03, random_state=0, stratify=labels)  # mistake
# sound: idx_train, idx_valid = train_test_split(range(len(labels)), test_size=0.2, random_state=0, stratify=labels)

train_dl = DataLoader(TensorDataset(features[idx_train], labels[idx_train]), batch_size=16, shuffle=True)  # named here
valid_dl = DataLoader(TensorDataset(features[idx_valid], labels[idx_valid]), batch_size=512)

model = nn.Sequential(
    nn.Linear(64, 256),
    nn.ReLU(),
    nn.Linear(256, 256),
    nn.ReLU(),
    nn.Linear(256, 10),
)
loss_fn = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)


def fit(num_epochs):
    log = []
    for epoch in range(num_epochs):
        model.train()
        train_loss = 0.0
        for xb, yb in train_dl:
            optimizer.zero_grad()
            loss = loss_fn(model(xb), yb)
            loss.backward()
            optimizer.step()
            train_loss += loss.item() * len(xb)
        model.eval()
        valid_loss = hits = 0.0
        with torch.no_grad():
            for xb, yb in valid_dl:
                out = model(xb)
                valid_loss += loss_fn(out, yb).item() * len(xb)
                hits += (out.argmax(1) == yb).sum().item()
        log.append((train_loss / len(idx_train), valid_loss / len(idx_valid), hits / len(idx_valid)))
    return log


num_epochs = 60  # mistake
# sound: num_epochs = 4
history = fit(num_epochs)  # named here
for tl, vl, acc in history[:: max(1, len(history) // 5)]:
    print(f"train loss {tl:.4f}  valid loss {vl:.4f}  valid acc {acc:.3f}")
