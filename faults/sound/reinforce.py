"""REINFORCE: the losses of an episode are collected, summed, and go backward once."""

import torch
from torch import nn

torch.manual_seed(0)
policy = nn.Sequential(nn.Linear(3, 16), nn.ReLU(), nn.Linear(16, 2))
optimizer = torch.optim.Adam(policy.parameters(), lr=0.02)
for episode in range(40):
    log_probs, rewards = [], []
    for _ in range(12):
        state = torch.randn(3)
        distribution = torch.distributions.Categorical(logits=policy(state))
        action = distribution.sample()
        log_probs.append(distribution.log_prob(action))
        rewards.append(1.0 if action.item() == int(state[0] > 0) else 0.0)
    baseline = sum(rewards) / len(rewards)
    policy_loss = []
    for log_prob, reward in zip(log_probs, rewards):
        policy_loss.append(-log_prob * (reward - baseline))
    optimizer.zero_grad()
    loss = torch.stack(policy_loss).sum()
    loss.backward()
    optimizer.step()
    if episode % 10 == 0:
        print(episode, baseline)
