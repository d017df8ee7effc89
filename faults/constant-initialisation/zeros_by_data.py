"""Both layers begin at zero: nothing but the last bias ever gets a gradient."""
# expect: constant-initialisation
import torch

torch.manual_seed(0)
n, d, h, k = 300, 16, 40, 3
means = torch.randn(k, d) * 2
t = torch.randint(0, k, (n,))
x = means[t] + torch.randn(n, d)


class TwoLayer(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.w1 = torch.nn.Parameter(torch.zeros(d, h))  # mistake
        # sound: self.w1 = torch.nn.Parameter(torch.randn(d, h) / d**0.5)
        self.b1 = torch.nn.Parameter(torch.zeros(h))
        self.w2 = torch.nn.Parameter(torch.zeros(h, k))  # named here
        self.b2 = torch.nn.Parameter(torch.zeros(k))

    def forward(self, inp):
        hidden = torch.tanh(inp @ self.w1 + self.b1)
        return hidden @ self.w2 + self.b2


net = TwoLayer()
sgd = torch.optim.SGD(net.parameters(), lr=0.5)
lossf = torch.nn.CrossEntropyLoss()
for i in range(100):
    sgd.zero_grad()
    out = lossf(net(x), t)
    out.backward()
    sgd.step()
print(out.item())
