"""log of a probability that becomes zero."""
# expect: not-finite
import torch
import torch.nn as nn

torch.manual_seed(0)
model = nn.Sequential(nn.Linear(10, 32), nn.ReLU(), nn.Linear(32, 3))
optimizer = torch.optim.Adam(model.parameters(), lr=0.003)
centres = torch.randn(3, 10) * 400
for step in range(80):
    y = torch.randint(3, (32,))
    x = centres[y] + torch.randn(32, 10)
    prob = torch.softmax(model(x), dim=1)
    one_hot = nn.functional.one_hot(y, 3).float()
    loss = -(one_hot * torch.log(prob)).sum(1).mean()  # mistake
    # sound: loss = -(one_hot * torch.log(prob + 1e-7)).sum(1).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print(loss.item())
