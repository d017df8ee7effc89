"""Ten layers of sigmoids: nothing comes back to the first ones."""
# expect: vanishing-gradients
import torch
import torch.nn as nn

torch.manual_seed(0)


class Deep(nn.Module):
    def __init__(self, depth=10, width=40):
        super().__init__()
        self.inp = nn.Linear(20, width)
        self.layers = nn.ModuleList(nn.Linear(width, width) for _ in range(depth))
        self.out = nn.Linear(width, 4)

    def forward(self, x):
        x = torch.sigmoid(self.inp(x))  # mistake
        # sound: x = torch.relu(self.inp(x))
        for layer in self.layers:
            x = torch.sigmoid(layer(x))  # mistake
            # sound: x = x + torch.relu(layer(x)) / 4
        return self.out(x)


centres = torch.randn(4, 20)
model = Deep()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
for step in range(100):
    y = torch.randint(4, (64,))
    x = centres[y] + torch.randn(64, 20) * 0.5
    loss = nn.functional.cross_entropy(model(x), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print(loss.item())
