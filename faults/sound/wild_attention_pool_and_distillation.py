"""Sound: softmax over tokens, softened teacher, log_softmax for kl_div: many softmaxes, all right."""
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits

torch.manual_seed(0)
T = 2.0
d = load_digits()
perm = torch.randperm(1797)
x = ((torch.tensor(d.images).float() - 4.88) / 6.02)[perm]
y = torch.tensor(d.target)[perm]

teacher = nn.Sequential(nn.Flatten(), nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 10))


class Student(nn.Module):
    """Reads the rows of the digit as tokens and pools them with a softmax over the rows."""

    def __init__(self):
        super().__init__()
        self.row = nn.Linear(8, 24)
        self.where = nn.Parameter(0.1 * torch.randn(8, 24))
        self.mix = nn.Linear(24, 32)
        self.score = nn.Linear(32, 4)
        self.out = nn.Linear(4 * 32, 10)

    def forward(self, x):
        h = torch.tanh(self.mix(torch.relu(self.row(x) + self.where)))
        weights = torch.softmax(self.score(h), dim=1)  # over the rows
        pooled = torch.einsum("nrk,nrd->nkd", weights, h)
        return self.out(pooled.flatten(1))


def fit(model, loss_of, epochs, lr):
    opt = torch.optim.Adam(model.parameters(), lr=lr)
    for epoch in range(epochs):
        model.train()
        for i in torch.randperm(1500).split(50):
            loss = loss_of(model(x[i]), i)
            opt.zero_grad()
            loss.backward()
            opt.step()
    model.eval()
    with torch.no_grad():
        print(f"loss {loss.item():.3f} accuracy {(model(x[1500:]).argmax(1) == y[1500:]).float().mean():.3f}")


def distil(logits, i):
    with torch.no_grad():
        soft = F.softmax(teacher(x[i]) / T, dim=1)
    kl = F.kl_div(F.log_softmax(logits / T, dim=1), soft, reduction="batchmean") * T * T
    return 0.5 * kl + 0.5 * F.cross_entropy(logits, y[i])


fit(teacher, lambda logits, i: F.cross_entropy(logits, y[i]), epochs=5, lr=2e-3)
fit(Student(), distil, epochs=6, lr=6e-3)
