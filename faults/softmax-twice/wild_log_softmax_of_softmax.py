"""The model already gives probabilities; the loop log-softmaxes them once more for nll_loss."""
# expect: softmax-twice softmax-before-cross-entropy
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(5)
CLASSES = 8
centres = torch.randn(CLASSES, 3, 12, 12)


def make_split(n):
    t = torch.randint(CLASSES, (n,))
    return centres[t] + torch.randn(n, 3, 12, 12), t


x_train, y_train = make_split(800)
x_test, y_test = make_split(300)

model = nn.Sequential(
    nn.Conv2d(3, 16, 3, padding=1),
    nn.BatchNorm2d(16),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Conv2d(16, 32, 3, padding=1),
    nn.BatchNorm2d(32),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Flatten(),
    nn.Linear(32 * 9, CLASSES),
    nn.Softmax(dim=1),  # mistake
)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)

for epoch in range(4):
    model.train()
    for idx in torch.randperm(800).split(40):
        output = model(x_train[idx])
        loss = F.nll_loss(F.log_softmax(output, dim=1), y_train[idx])  # named here
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        acc = (model(x_test).argmax(1) == y_test).float().mean()
    print(f"epoch {epoch} loss {loss:.3f} test {acc:.3f}")
