"""The squared error is written by hand, y_hat is (N, 1), y is (N,): the difference is an N x N table."""
# expect: loss-broadcasts
import torch

torch.manual_seed(0)
n, d = 900, 12
true_w = 0.3 * torch.randn(d)
X = torch.randn(n, d)
y = torch.sin(X @ true_w) + 0.1 * torch.randn(n)

net = torch.nn.Sequential(torch.nn.Linear(d, 64), torch.nn.Tanh(), torch.nn.Linear(64, 1))
trainer = torch.optim.Adam(net.parameters(), lr=0.01)


def squared_loss(y_hat, y):
    return ((y_hat - y) ** 2 / 2).mean()  # mistake
    # sound: return ((y_hat - y.reshape(y_hat.shape)) ** 2 / 2).mean()


def data_iter(batch_size, features, labels):
    order = torch.randperm(len(features))
    for i in range(0, len(features), batch_size):
        j = order[i : i + batch_size]
        yield features[j], labels[j]


for epoch in range(20):
    for xb, yb in data_iter(25, X[:800], y[:800]):
        loss = squared_loss(net(xb), yb)  # named here
        trainer.zero_grad()
        loss.backward()
        trainer.step()
    if epoch % 10 == 9:
        print(f"epoch {epoch + 1}, loss {loss.item():f}")
with torch.no_grad():
    pred = net(X[800:]).squeeze(1)
    print("correlation with truth", torch.corrcoef(torch.stack([pred, y[800:]]))[0, 1].item())
