"""A smoke test as in a unit test: random pictures with random labels, a few steps, shapes and gradients asserted."""
import unittest

import torch
from torch import nn


class SqueezeExcite(nn.Module):
    def __init__(self, channels, reduction=2):
        super().__init__()
        self.fc1 = nn.Conv2d(channels, channels // reduction, 1)
        self.fc2 = nn.Conv2d(channels // reduction, channels, 1)

    def forward(self, x):
        s = x.mean((2, 3), keepdim=True)
        return x * torch.sigmoid(self.fc2(torch.relu(self.fc1(s))))


class Block(nn.Module):
    def __init__(self, cin, cout, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(cin, cout, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(cout)
        self.conv2 = nn.Conv2d(cout, cout, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(cout)
        self.se = SqueezeExcite(cout)
        self.skip = nn.Identity() if stride == 1 and cin == cout else nn.Conv2d(cin, cout, 1, stride)

    def forward(self, x):
        y = torch.relu(self.bn1(self.conv1(x)))
        y = self.se(self.bn2(self.conv2(y)))
        return torch.relu(y + self.skip(x))


class Net(nn.Module):
    def __init__(self, classes=7):
        super().__init__()
        self.blocks = nn.Sequential(Block(3, 16, 1), Block(16, 32, 2), Block(32, 32, 1))
        self.fc = nn.Linear(32, classes)

    def forward(self, x):
        return self.fc(self.blocks(x).mean((2, 3)))


class TestNet(unittest.TestCase):
    def setUp(self):
        torch.manual_seed(0)
        self.net = Net()

    def test_output_shape(self):
        self.assertEqual(self.net(torch.randn(2, 3, 24, 24)).shape, (2, 7))

    def test_training_steps_run(self):
        optimizer = torch.optim.SGD(self.net.parameters(), lr=0.01)
        for _ in range(5):
            x, y = torch.randn(8, 3, 24, 24), torch.randint(0, 7, (8,))
            loss = nn.functional.cross_entropy(self.net(x), y)
            optimizer.zero_grad()
            loss.backward()
            for p in self.net.parameters():
                self.assertIsNotNone(p.grad)
            optimizer.step()
        self.assertTrue(torch.isfinite(loss))

    def test_eval_is_repeatable(self):
        self.net.eval()
        x = torch.randn(3, 3, 24, 24)
        with torch.no_grad():
            torch.testing.assert_close(self.net(x), self.net(x))


if __name__ == "__main__":
    unittest.main()
