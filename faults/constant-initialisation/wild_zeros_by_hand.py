"""A network written by hand from tensors starts with all its weights at zero and never leaves the spot."""
# expect: constant-initialisation
import torch
import torch.nn.functional as F

torch.manual_seed(5)

# %% data: five glyphs with noise
glyphs = torch.randn(5, 100)
y = torch.arange(5).repeat(200)
x = glyphs[y] + 1.2 * torch.randn(1000, 100)
x = (x - x.mean()) / x.std()
shuffled = torch.randperm(1000)
x, y = x[shuffled], y[shuffled]
x_tr, y_tr, x_te, y_te = x[:800], y[:800], x[800:], y[800:]

# %% parameters
W1 = torch.zeros(100, 64)  # mistake
# sound: W1 = torch.randn(100, 64) / 10
b1 = torch.zeros(64)
W2 = torch.zeros(64, 5)  # mistake
# sound: W2 = torch.randn(64, 5) / 8
b2 = torch.zeros(5)
params = [W1, b1, W2, b2]
for p in params:
    p.requires_grad_()


def net(inputs):
    hidden = (inputs @ W1 + b1).relu()
    return hidden @ W2 + b2


# %% training
lr = 0.1
for epoch in range(10):
    order = torch.randperm(800)
    for i in range(0, 800, 40):
        ids = order[i : i + 40]
        loss = F.cross_entropy(net(x_tr[ids]), y_tr[ids])
        loss.backward()
        with torch.no_grad():
            for p in params:
                p -= lr * p.grad
                p.grad.zero_()
    print(epoch, f"{loss.item():.4f}")

# %% test
with torch.no_grad():
    print("acc", (net(x_te).argmax(1) == y_te).float().mean().item())
