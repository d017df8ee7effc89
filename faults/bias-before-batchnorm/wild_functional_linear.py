"""Hand-made linear layer: its own bias is added just before F.batch_norm, which subtracts it."""
# expect: bias-before-batchnorm
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn


class NormedLinear(nn.Module):
    def __init__(self, fan_in, fan_out):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(fan_out, fan_in))
        self.bias = nn.Parameter(torch.zeros(fan_out))  # mistake
        self.gamma = nn.Parameter(torch.ones(fan_out))
        self.beta = nn.Parameter(torch.zeros(fan_out))
        self.register_buffer("running_mean", torch.zeros(fan_out))
        self.register_buffer("running_var", torch.ones(fan_out))
        nn.init.kaiming_normal_(self.weight, nonlinearity="relu")

    def forward(self, x):
        z = F.linear(x, self.weight, self.bias)  # mistake
        # sound: z = F.linear(x, self.weight)
        z = F.batch_norm(  # named here
            z, self.running_mean, self.running_var, self.gamma, self.beta, training=self.training
        )
        return z.relu()


torch.manual_seed(17)
x, y = (torch.tensor(a) for a in load_digits(return_X_y=True))
x = (x.float() - 4.9) / 6.0
perm = torch.randperm(len(x))
train, test = perm[:1440], perm[1440:]

net = nn.Sequential(NormedLinear(64, 80), NormedLinear(80, 40), nn.Linear(40, 10))
opt = torch.optim.Adam(net.parameters(), lr=3e-3)
for epoch in range(4):
    net.train()
    for i in train[torch.randperm(len(train))].split(48):
        opt.zero_grad()
        loss = F.cross_entropy(net(x[i]), y[i])
        loss.backward()
        opt.step()
    net.eval()
    with torch.no_grad():
        print(epoch, f"{loss:.3f}", (net(x[test]).argmax(1) == y[test]).float().mean().item())
