"""Q-learning: a target network that is never trained, and gets the weights from time to time."""

import random
from collections import deque

import torch
from torch import nn

torch.manual_seed(0)
random.seed(0)


def make():
    return nn.Sequential(nn.Linear(2, 24), nn.ReLU(), nn.Linear(24, 2))


policy_net, target_net = make(), make()
target_net.load_state_dict(policy_net.state_dict())
target_net.eval()
optimizer = torch.optim.RMSprop(policy_net.parameters(), lr=1e-3)
memory = deque(maxlen=500)
position = 0.0
for step in range(150):
    state = torch.tensor([position, 1.0])
    with torch.no_grad():
        action = policy_net(state).argmax().item() if random.random() > 0.3 else random.randrange(2)
    position = max(-1.0, min(1.0, position + (0.1 if action else -0.1)))
    memory.append((state, action, position, torch.tensor([position, 1.0])))
    if len(memory) < 32:
        continue
    states, actions, rewards, following = zip(*random.sample(memory, 32))
    value = policy_net(torch.stack(states)).gather(1, torch.tensor(actions).unsqueeze(1)).squeeze(1)
    goal = torch.tensor(rewards) + 0.9 * target_net(torch.stack(following)).max(1)[0].detach()
    loss = nn.functional.smooth_l1_loss(value, goal)
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_value_(policy_net.parameters(), 1.0)
    optimizer.step()
    if step % 20 == 0:
        target_net.load_state_dict(policy_net.state_dict())
print(loss.item())
