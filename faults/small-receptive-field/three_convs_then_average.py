"""Three 3x3 convolutions without pooling, then a global average: each number sees 7 of 48 pixels."""
# expect: small-receptive-field
import torch
from torch import nn

torch.manual_seed(8)


def conv(fan_in, fan_out, stride=1):
    return nn.Sequential(
        nn.Conv2d(fan_in, fan_out, 3, stride, 1, bias=False), nn.BatchNorm2d(fan_out), nn.ReLU(inplace=True)
    )


class SmallNet(nn.Module):
    def __init__(self, num_classes=4):
        super().__init__()
        self.features = nn.Sequential(
            conv(1, 16),  # mistake
            conv(16, 16),  # mistake
            conv(16, 32),  # mistake
            # sound: conv(1, 16, 2),
            # sound: conv(16, 16, 2),
            # sound: conv(16, 32, 2),
            # sound: conv(32, 32, 2),
        )
        self.classifier = nn.Linear(32, num_classes)

    def forward(self, x):
        x = self.features(x)
        x = x.mean(dim=(2, 3))  # named here
        return self.classifier(x)


protos = torch.nn.functional.interpolate(torch.randn(4, 1, 6, 6), size=48)
labels = torch.randint(0, 4, (160,))
pictures = protos[labels] + 0.5 * torch.randn(160, 1, 48, 48)
model = SmallNet()
opt = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
for step in range(24):
    idx = torch.randint(0, 160, (20,))
    opt.zero_grad()
    loss = nn.functional.cross_entropy(model(pictures[idx]), labels[idx])
    loss.backward()
    opt.step()
print(loss.item())
