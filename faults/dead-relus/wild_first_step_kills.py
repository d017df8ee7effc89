"""One enormous first update (Adam with 0.3) pushes the hidden units below zero for good."""
# expect: dead-relus learning-rate-too-high
# %% imports and data
import numpy as np
import torch
from sklearn.datasets import load_digits

np.random.seed(0)
torch.manual_seed(0)
bunch = load_digits()
p = np.random.permutation(len(bunch.data))
Xs, ys = bunch.data[p].astype(np.float32) / 16, bunch.target[p]
X_train, y_train = torch.from_numpy(Xs[:1300]), torch.from_numpy(ys[:1300])
X_valid, y_valid = torch.from_numpy(Xs[1300:]), torch.from_numpy(ys[1300:])

# %% model
D_in, H, D_out = 64, 128, 10
model = torch.nn.Sequential(
    torch.nn.Linear(D_in, H),
    torch.nn.ReLU(),  # named here
    torch.nn.Linear(H, H),
    torch.nn.ReLU(),  # named here
    torch.nn.Linear(H, H),
    torch.nn.ReLU(),  # named here
    torch.nn.Linear(H, D_out),
)
loss_fn = torch.nn.CrossEntropyLoss(reduction="mean")

# %% training
learning_rate = 0.3  # mistake
# sound: learning_rate = 2e-3
optimizer = torch.optim.Adam(model.parameters(), lr=learning_rate)  # named here
losses = []
for t in range(12):
    model.train()
    perm = torch.randperm(len(X_train))
    total = 0.0
    for chunk in perm.split(100):
        y_pred = model(X_train[chunk])
        loss = loss_fn(y_pred, y_train[chunk])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()  # named here
        total += loss.item() * len(chunk)
    losses.append(total / len(X_train))
    if t % 3 == 2:
        print(t, round(losses[-1], 4))

# %% how good is it?
model.eval()
with torch.no_grad():
    guess = model(X_valid).argmax(dim=1)
print("guesses per class:", torch.bincount(guess, minlength=10).tolist())
print("validation accuracy:", (guess == y_valid).float().mean().item())
