"""LambdaLR's function returns the rate instead of a factor: the rate is its square."""
# expect: scheduler-misused learning-rate-too-low
import torch
import torch.nn as nn
from sklearn.datasets import load_digits

_digits = load_digits()
_x = (torch.tensor(_digits.images).float().unsqueeze(1) - 4.88) / 6.02
_y = torch.tensor(_digits.target)
_order = torch.randperm(len(_x), generator=torch.Generator().manual_seed(0))
x_train, y_train = _x[_order[:1400]], _y[_order[:1400]]
x_test, y_test = _x[_order[1400:]], _y[_order[1400:]]
torch.manual_seed(0)
base_lr, epochs = 1e-2, 5
model = nn.Sequential(nn.Flatten(), nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 10))
optimizer = torch.optim.SGD(model.parameters(), lr=base_lr, momentum=0.9)  # named here
lr_at = lambda epoch: base_lr * 0.8 ** epoch  # mistake
# sound: lr_at = lambda epoch: 0.8 ** epoch
scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lr_lambda=lr_at)  # named here
for epoch in range(epochs):
    model.train()
    for b in torch.randperm(len(x_train)).split(64):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x_train[b]), y_train[b])
        loss.backward()
        optimizer.step()  # named here
    scheduler.step()  # named here
    model.eval()
    with torch.no_grad():
        print(epoch, scheduler.get_last_lr(), (model(x_test).argmax(1) == y_test).float().mean().item())
