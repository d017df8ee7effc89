"""Conv layers made from a cfg list carry a bias that the BatchNorm right after them takes away again."""
# expect: bias-before-batchnorm
import torch
import torch.nn as nn

cfg = {"A": [16, "M", 32, "M", 32], "B": [16, 16, "M", 32, 32, "M"]}


def make_layers(spec, in_channels=3):
    layers = []
    for v in spec:
        if v == "M":
            layers += [nn.MaxPool2d(kernel_size=2, stride=2)]
        else:
            layers += [
                nn.Conv2d(in_channels, v, kernel_size=3, padding=1),  # mistake
                # sound: nn.Conv2d(in_channels, v, kernel_size=3, padding=1, bias=False),
                nn.BatchNorm2d(v),  # named here
                nn.ReLU(inplace=True),
            ]
            in_channels = v
    return nn.Sequential(*layers)


class VGG(nn.Module):
    def __init__(self, name, num_classes):
        super().__init__()
        self.features = make_layers(cfg[name])
        self.classifier = nn.Linear(32 * 4 * 4, num_classes)

    def forward(self, x):
        out = self.features(x)  # named here
        out = out.view(out.size(0), -1)
        return self.classifier(out)


torch.manual_seed(0)
proto = torch.randn(6, 3, 16, 16)
y = torch.randint(6, (760,))
x = 0.7 * proto[y] + 0.7 * torch.randn(760, 3, 16, 16)
net = VGG("A", 6)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(net.parameters(), lr=0.02, momentum=0.9)
for epoch in range(3):
    net.train()
    correct = total = 0
    for idx in torch.randperm(560).split(40):
        optimizer.zero_grad()
        outputs = net(x[idx])
        loss = criterion(outputs, y[idx])
        loss.backward()
        optimizer.step()
        total += len(idx)
        correct += outputs.argmax(1).eq(y[idx]).sum().item()
    print("Loss: %.3f | Train acc: %.3f%%" % (loss.item(), 100.0 * correct / total))
net.eval()
with torch.no_grad():
    print("Test acc:", net(x[560:]).argmax(1).eq(y[560:]).float().mean().item())
