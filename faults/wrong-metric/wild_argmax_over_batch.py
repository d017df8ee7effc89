"""The prediction is the argmax over dim 0, the pictures of the batch, not over the classes."""
# expect: wrong-metric wrong-dim
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(10)
n_classes, batch_size = 20, 20


class ConvNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 16, 3)
        self.fc = nn.Linear(16 * 5 * 5, n_classes)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv(x)), 2)
        return self.fc(x.flatten(1))


prototypes = torch.randn(n_classes, 1, 12, 12)


def get_batch():
    t = torch.randint(n_classes, (batch_size,))
    return prototypes[t] + 0.9 * torch.randn(batch_size, 1, 12, 12), t


model = ConvNet()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
print("-" * 40)
for step in range(1, 241):
    data, target = get_batch()
    optimizer.zero_grad()
    output = model(data)
    loss = F.cross_entropy(output, target)
    loss.backward()
    optimizer.step()
    if step % 60 == 0:
        correct = total = 0
        model.eval()
        with torch.no_grad():
            for _ in range(10):
                data, target = get_batch()
                output = model(data)
                pred = output.argmax(0)  # mistake
                # sound: pred = output.argmax(1)
                correct += (pred == target).sum().item()
                total += len(target)
        model.train()
        print(f"step {step:4d} | loss {loss.item():.4f} | accuracy {100 * correct / total:.1f}%")
