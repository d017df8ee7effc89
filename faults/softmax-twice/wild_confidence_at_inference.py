"""Training is right, but predict() softmaxes probabilities again, so nothing is ever confident."""
# expect: softmax-twice
import logging

import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits

logging.basicConfig(level=logging.INFO, format="%(message)s")
log = logging.getLogger(__name__)


class DigitNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 20, 3, padding=1)
        self.conv2 = nn.Conv2d(20, 40, 3, padding=1)
        self.fc1 = nn.Linear(40 * 2 * 2, 64)
        self.fc2 = nn.Linear(64, 10)

    def forward(self, x, probabilities=False):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = F.relu(self.fc1(x.flatten(1)))
        x = self.fc2(x)
        return F.softmax(x, dim=1) if probabilities else x  # named here


def train(model, x, y, epochs=6):
    opt = torch.optim.Adam(model.parameters(), lr=2e-3)
    for epoch in range(epochs):
        model.train()
        for idx in torch.randperm(len(x)).split(64):
            opt.zero_grad()
            loss = F.cross_entropy(model(x[idx]), y[idx])
            loss.backward()
            opt.step()
        log.info("epoch %d loss %.4f", epoch, loss.item())


@torch.no_grad()
def predict(model, x, threshold=0.7):
    model.eval()
    probs = F.softmax(model(x, probabilities=True), dim=1)  # mistake
    # sound: probs = model(x, probabilities=True)
    conf, label = probs.max(dim=1)
    label[conf < threshold] = -1  # "don't know"
    return label, conf


if __name__ == "__main__":
    torch.manual_seed(2)
    data = load_digits()
    images = torch.tensor(data.images / 16.0, dtype=torch.float32)[:, None]
    images = (images - images[:1300].mean()) / images[:1300].std()
    target = torch.tensor(data.target)
    net = DigitNet()
    train(net, images[:1300], target[:1300])
    label, conf = predict(net, images[1300:])
    log.info("mean confidence %.3f, refused %d of %d", conf.mean(), (label < 0).sum(), len(label))
    print("accepted and right:", (label == target[1300:]).float().mean().item())
