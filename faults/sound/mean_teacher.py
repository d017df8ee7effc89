"""A mean teacher: an average of the student's weights in train mode under no_grad, and in no optimizer."""

import copy

import torch
import torch.nn.functional as F
from torch import nn

torch.manual_seed(0)
centres = torch.randn(3, 10) * 1.5
y = torch.randint(0, 3, (600,))
x = centres[y] + torch.randn(600, 10)
student = nn.Sequential(nn.Linear(10, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Dropout(0.2), nn.Linear(32, 3))
teacher = copy.deepcopy(student)
optimizer = torch.optim.Adam(student.parameters(), lr=5e-3)
for step in range(60):
    labelled = torch.randint(0, 60, (20,))
    unlabelled = torch.randint(60, 500, (40,))
    student.train()
    loss = F.cross_entropy(student(x[labelled]), y[labelled])
    with torch.no_grad():
        target = F.softmax(teacher(x[unlabelled]), dim=1)
    consistency = F.mse_loss(F.softmax(student(x[unlabelled]), dim=1), target)
    optimizer.zero_grad()
    (loss + 3 * consistency).backward()
    optimizer.step()
    with torch.no_grad():
        for slow, fast in zip(teacher.parameters(), student.parameters()):
            slow.mul_(0.95).add_(fast, alpha=0.05)
teacher.eval()
with torch.no_grad():
    print("test accuracy", (teacher(x[500:]).argmax(1) == y[500:]).float().mean().item())
