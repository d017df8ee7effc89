"""Adam with lr=1e-8, confused with its eps."""
# expect: learning-rate-too-low
import torch

torch.manual_seed(0)
patterns = torch.randn(5, 1, 10, 10)


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = torch.nn.Conv2d(1, 12, 3)
        self.bn = torch.nn.BatchNorm2d(12)
        self.fc = torch.nn.Linear(12 * 16, 5)

    def forward(self, x):
        x = torch.nn.functional.max_pool2d(torch.relu(self.bn(self.conv(x))), 2)
        return self.fc(torch.flatten(x, 1))


net = Net()
optimizer = torch.optim.Adam(net.parameters(), lr=1e-8)  # mistake
# sound: optimizer = torch.optim.Adam(net.parameters(), lr=1e-3, eps=1e-8)
loss_function = torch.nn.CrossEntropyLoss()
for iteration in range(60):
    t = torch.randint(5, (40,))
    loss = loss_function(net(patterns[t] + torch.randn(40, 1, 10, 10)), t)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print("done", loss.item())
