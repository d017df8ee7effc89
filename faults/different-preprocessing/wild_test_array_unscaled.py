"""The training array is divided by 16 and centred, the test array goes in as it came from the file."""
# expect: different-preprocessing pictures-not-normalised
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits

torch.manual_seed(5)
raw_x, raw_y = load_digits(return_X_y=True)
raw_x, raw_y = torch.tensor(raw_x).float().view(-1, 1, 8, 8), torch.tensor(raw_y)
perm = torch.randperm(len(raw_y))
raw_x, raw_y = raw_x[perm], raw_y[perm]

train_x = raw_x[:1300] / 16.0 - 0.5
train_y = raw_y[:1300]
test_x = raw_x[1300:]  # mistake
# sound: test_x = raw_x[1300:] / 16.0 - 0.5
test_y = raw_y[1300:]

# weights as plain tensors, no nn.Module at all
w1 = (torch.randn(12, 1, 3, 3) * (2 / 9) ** 0.5).requires_grad_()
b1 = torch.zeros(12, requires_grad=True)
w2 = (torch.randn(48, 12 * 16) * (2 / 192) ** 0.5).requires_grad_()
b2 = torch.zeros(48, requires_grad=True)
w3 = (torch.randn(10, 48) * (1 / 48) ** 0.5).requires_grad_()
b3 = torch.zeros(10, requires_grad=True)
params = [w1, b1, w2, b2, w3, b3]


def model(x):
    x = F.max_pool2d(F.relu(F.conv2d(x, w1, b1, padding=1)), 2)
    x = F.relu(F.linear(x.flatten(1), w2, b2))
    return F.linear(x, w3, b3)


opt = torch.optim.SGD(params, lr=0.05, momentum=0.9)
for epoch in range(7):
    for idx in torch.randperm(len(train_x)).split(50):
        loss = F.cross_entropy(model(train_x[idx]), train_y[idx])
        opt.zero_grad()
        loss.backward()
        opt.step()
    with torch.no_grad():
        out = model(test_x)  # named here
        acc = (out.argmax(1) == test_y).float().mean().item()
        test_loss = F.cross_entropy(out, test_y).item()
    print(f"epoch {epoch} train loss {loss.item():.3f} test loss {test_loss:.3f} test acc {acc:.3f}")
