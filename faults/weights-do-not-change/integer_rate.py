"""A learning rate of 1 // 10, which is zero."""
# expect: weights-do-not-change
import torch
import torch.nn as nn

torch.manual_seed(0)
centres = torch.randn(4, 16)
model = nn.Sequential(nn.Linear(16, 32), nn.ReLU(), nn.Linear(32, 4))
learning_rate = 1 // 10  # mistake
# sound: learning_rate = 1 / 10
optimizer = torch.optim.SGD(model.parameters(), lr=learning_rate)  # named here
for step in range(60):
    y = torch.randint(4, (32,))
    x = centres[y] + 0.5 * torch.randn(32, 16)
    loss = nn.CrossEntropyLoss()(model(x), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print(loss.item())
