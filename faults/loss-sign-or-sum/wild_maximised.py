"""The optimizer is told to maximise the cross-entropy, left over from an experiment with rewards."""
# expect: loss-sign-or-sum
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Agent:
    def __init__(self, lr=0.01):
        self.policy = nn.Sequential(nn.Flatten(), nn.Linear(144, 64), nn.Tanh(), nn.Linear(64, 4))
        self.optimizer = torch.optim.SGD(self.policy.parameters(), lr=lr, momentum=0.9, maximize=True)  # mistake
        # sound: self.optimizer = torch.optim.SGD(self.policy.parameters(), lr=lr, momentum=0.9)
        self.objective = nn.CrossEntropyLoss()

    def update(self, batch, label):
        self.optimizer.zero_grad()
        value = self.objective(self.policy(batch), label)
        value.backward()
        self.optimizer.step()
        return value.item()

    @torch.no_grad()
    def act(self, batch):
        return self.policy(batch).argmax(dim=-1)


def make_world(n):
    """A bright quarter in a noisy picture: top left, top right, bottom left or bottom right."""
    where = torch.randint(4, (n,))
    pictures = torch.randn(n, 1, 12, 12)
    for k in range(4):
        r, c = 6 * (k // 2), 6 * (k % 2)
        pictures[where == k, :, r : r + 6, c : c + 6] += 0.7
    return TensorDataset((pictures - 0.175) / 1.05, where)


torch.manual_seed(0)
agent = Agent()
loader = DataLoader(make_world(900), batch_size=30, shuffle=True)
for epoch in range(5):
    values = [agent.update(x, y) for x, y in loader]
    print("epoch", epoch, "objective", sum(values) / len(values))
test_x, test_y = make_world(300).tensors
print("accuracy", (agent.act(test_x) == test_y).float().mean().item())
