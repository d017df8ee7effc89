"""A step written by hand divides the learning rate by the batch size although the loss is a mean already."""
# expect: learning-rate-too-low
import torch
import torch.nn.functional as F

torch.manual_seed(0)
n_classes, side, batch_size = 6, 12, 100
tiles = torch.randn(n_classes, side * side)
y = torch.randint(n_classes, (1500,))
x = (tiles[y] + 1.5 * torch.randn(1500, side * side)) / 1.8
x_train, y_train, x_test, y_test = x[:1200], y[:1200], x[1200:], y[1200:]

w1 = (torch.randn(side * side, 64) / side).requires_grad_()
b1 = torch.zeros(64, requires_grad=True)
w2 = (torch.randn(64, n_classes) / 8).requires_grad_()
b2 = torch.zeros(n_classes, requires_grad=True)
parameters = [w1, b1, w2, b2]


def forward(x):
    return F.relu(x @ w1 + b1) @ w2 + b2


def sgd(params, lr, batch_size):
    with torch.no_grad():
        for p in params:
            p -= lr * p.grad / batch_size / len(x_train)  # mistake
            # sound: p -= lr * p.grad
            p.grad.zero_()


for epoch in range(5):
    for idx in torch.randperm(len(x_train)).split(batch_size):
        loss = F.cross_entropy(forward(x_train[idx]), y_train[idx])
        loss.backward()  # named here
        sgd(parameters, lr=0.1, batch_size=batch_size)  # named here
    print(f"epoch {epoch + 1}, loss {loss.item():f}")
with torch.no_grad():
    print("test accuracy", (forward(x_test).argmax(1) == y_test).float().mean().item())
