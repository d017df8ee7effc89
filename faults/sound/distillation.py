"""A trained teacher in eval mode, whose outputs are detached, teaches a smaller net."""

import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(0)
digits = load_digits()
data = TensorDataset(torch.tensor(digits.data, dtype=torch.float32) / 16, torch.tensor(digits.target))
train_set, val_set, test_set = random_split(data, [1200, 297, 300])
train_loader = DataLoader(train_set, batch_size=50, shuffle=True)
val_loader = DataLoader(val_set, batch_size=50)
test_loader = DataLoader(test_set, batch_size=50)


def accuracy(net, loader):
    net.eval()
    with torch.no_grad():
        return sum((net(x).argmax(1) == y).sum().item() for x, y in loader) / len(loader.dataset)


def train_teacher(net):
    optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
    for _ in range(4):
        net.train()
        for x, y in train_loader:
            optimizer.zero_grad()
            F.cross_entropy(net(x), y).backward()
            optimizer.step()


def distil(student, teacher, temperature=3.0):
    optimizer = torch.optim.Adam(student.parameters(), lr=5e-3)
    teacher.eval()
    best = 0.0
    for epoch in range(4):
        student.train()
        for x, y in train_loader:
            out = student(x)
            soft = F.log_softmax(out / temperature, dim=1)
            goal = F.softmax(teacher(x).detach() / temperature, dim=1)
            loss = 0.5 * F.cross_entropy(out, y) + 0.5 * temperature**2 * F.kl_div(soft, goal, reduction="batchmean")
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        best = max(best, accuracy(student, val_loader))
    print("best validation accuracy", best)


teacher = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Dropout(0.3), nn.Linear(128, 10))
student = nn.Sequential(nn.Linear(64, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 10))
train_teacher(teacher)
print("teacher", accuracy(teacher, test_loader))
distil(student, teacher)
print("student", accuracy(student, test_loader))
