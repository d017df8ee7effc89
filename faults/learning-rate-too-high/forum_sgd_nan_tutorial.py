"""Loss becomes nan after some batches. lr is 5 because 0.01 'was too slow'."""
# expect: learning-rate-too-high not-finite
import numpy as np
import torch
import torch.nn as nn

np.random.seed(0)
torch.manual_seed(0)

# three spirals as little pictures
N, K, S = 300, 3, 12
X = np.zeros((N * K, 1, S, S), dtype='float32')
Y = np.zeros(N * K, dtype='int64')
for k in range(K):
    for n in range(N):
        t = np.linspace(0, 4, 40)
        a = t + k * 2.1 + np.random.randn() * 0.2
        row, col = S / 2 + 1.3 * t * np.sin(a), S / 2 + 1.3 * t * np.cos(a)
        X[k * N + n, 0, row.astype(int), col.astype(int)] = 1.0
        Y[k * N + n] = k
X += 0.1 * np.random.randn(*X.shape).astype('float32')
p = np.random.permutation(N * K)
X, Y = torch.from_numpy(X[p]), torch.from_numpy(Y[p])

model = nn.Sequential(nn.Flatten(), nn.Linear(S * S, 100), nn.ReLU(),
                      nn.Linear(100, 100), nn.ReLU(), nn.Linear(100, 3))
learning_rate = 5  # mistake
# sound: learning_rate = 0.1
optimizer = torch.optim.SGD(model.parameters(), lr=learning_rate, momentum=0.9)  # named here
loss_fn = nn.CrossEntropyLoss()
for epoch in range(10):
    losses = []
    for i in range(0, 720, 36):
        y_pred = model(X[i:i + 36])
        loss = loss_fn(y_pred, Y[i:i + 36])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()  # named here
        losses.append(loss.item())
    with torch.no_grad():
        acc = (model(X[720:]).argmax(1) == Y[720:]).float().mean().item()
    print('epoch', epoch, 'mean loss', np.mean(losses), 'acc', acc)
