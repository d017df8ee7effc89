"""Sound: an EMA teacher whose targets carry no gradient, on purpose; the optimizer has the student."""
import copy

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)
centres = 0.9 * torch.randn(5, 30)


def draw(n):
    y = torch.randint(5, (n,))
    return centres[y] + torch.randn(n, 30), y


x_lab, y_lab = draw(400)
x_unlab, _ = draw(1000)
x_test, y_test = draw(400)

student = nn.Sequential(nn.Linear(30, 64), nn.ReLU(), nn.Dropout(0.1), nn.Linear(64, 5))
teacher = copy.deepcopy(student).eval()
for p in teacher.parameters():
    p.requires_grad_(False)
optimizer = torch.optim.Adam(student.parameters(), lr=3e-3)


@torch.no_grad()
def update_teacher(decay=0.97):
    for pt, ps in zip(teacher.parameters(), student.parameters()):
        pt.mul_(decay).add_(ps, alpha=1 - decay)


for epoch in range(6):
    student.train()
    for i in torch.randperm(400).split(40):
        u = torch.randint(0, 1000, (80,))
        with torch.no_grad():
            soft = teacher(x_unlab[u]).softmax(1)
        supervised = F.cross_entropy(student(x_lab[i]), y_lab[i])
        agreed = F.mse_loss(student(x_unlab[u] + 0.1 * torch.randn(80, 30)).softmax(1), soft)
        loss = supervised + 0.5 * agreed
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        update_teacher()
    with torch.no_grad():
        acc = (teacher(x_test).argmax(1) == y_test).float().mean().item()
    print(f"epoch {epoch} loss {loss.item():.3f} teacher {acc:.3f}")
