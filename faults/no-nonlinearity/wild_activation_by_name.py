"""The config says "Relu", the table of activations "relu": the default, Identity, is what it gets."""
# expect: no-nonlinearity
import torch
import torch.nn as nn
import torch.nn.functional as F

CONFIG = {
    "hidden": [128, 96, 64],
    "activation": "Relu",  # mistake
    # sound: "activation": "relu",
    "lr": 2e-3,
    "epochs": 4,
    "batch_size": 50,
}

ACTIVATIONS = {"relu": nn.ReLU, "tanh": nn.Tanh, "gelu": nn.GELU}


def get_activation(name):
    return ACTIVATIONS.get(name, nn.Identity)()  # named here


class FeedForward(nn.Module):
    def __init__(self, n_in, n_out, config):
        super().__init__()
        dims = [n_in] + config["hidden"]
        self.hidden = nn.ModuleList()
        for i in range(len(dims) - 1):
            self.hidden.append(nn.Linear(dims[i], dims[i + 1]))
        self.act = get_activation(config["activation"])  # named here
        self.final = nn.Linear(dims[-1], n_out)

    def forward(self, x):
        for fc in self.hidden:
            x = self.act(fc(x))  # named here
        return self.final(x)  # named here


def make_data(n, gen):
    """Class = which of the four products of two sums has which sign: needs a non-linear net."""
    x = torch.randn(n, 24, generator=gen)
    a, b = x[:, :12].sum(1), x[:, 12:].sum(1)
    return x, (a * b > 0).long() + 2 * (a.abs() > b.abs()).long()


def main():
    torch.manual_seed(0)
    gen = torch.Generator().manual_seed(0)
    x, y = make_data(6000, gen)
    xt, yt = make_data(1000, gen)
    net = FeedForward(24, 4, CONFIG)
    optim = torch.optim.AdamW(net.parameters(), lr=CONFIG["lr"])
    for epoch in range(CONFIG["epochs"]):
        for idx in torch.randperm(len(x)).split(CONFIG["batch_size"]):
            loss = F.cross_entropy(net(x[idx]), y[idx])
            optim.zero_grad()
            loss.backward()
            optim.step()
        with torch.no_grad():
            acc = (net(xt).argmax(1) == yt).float().mean()
        print(f"epoch {epoch} loss {loss.item():.3f} test acc {acc.item():.3f}")


if __name__ == "__main__":
    main()
