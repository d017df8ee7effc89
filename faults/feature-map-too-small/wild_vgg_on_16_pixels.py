"""A VGG plan for big pictures on 16x16 ones: after four poolings, 3x3 convs run on one pixel."""
# expect: feature-map-too-small
import torch
import torch.nn as nn

torch.manual_seed(0)


def conv_block(i, o, pool):
    layers = [nn.Conv2d(i, o, 3, padding=1, bias=False)]  # named here
    layers += [nn.BatchNorm2d(o), nn.ReLU(inplace=True)]
    if pool:
        layers.append(nn.MaxPool2d(2))  # named here
    return layers


class VGGish(nn.Module):
    def __init__(self, n_classes):
        super().__init__()
        plan = [(3, 16, True), (16, 32, True), (32, 32, True)]  # mistake
        plan += [(32, 64, True), (64, 64, False), (64, 64, False)]  # mistake
        # sound: plan = [(3, 16, False), (16, 32, True), (32, 32, False)]
        # sound: plan += [(32, 64, True), (64, 64, False), (64, 64, True)]
        layers = []
        for i, o, pool in plan:
            layers += conv_block(i, o, pool)
        self.features = nn.Sequential(*layers)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(64, n_classes)

    def forward(self, x):
        x = self.features(x)  # named here
        x = self.avgpool(x).flatten(1)
        return self.fc(x)


means = torch.nn.functional.interpolate(torch.randn(5, 3, 4, 4), size=16)
target = torch.randint(5, (700,))
pics = 0.8 * means[target] + 0.6 * torch.randn(700, 3, 16, 16)
model = VGGish(5)
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
for epoch in range(3):
    model.train()
    for i in torch.randperm(500).split(25):
        loss = nn.functional.cross_entropy(model(pics[i]), target[i])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print("epoch", epoch, "loss", loss.item())
model.eval()
with torch.no_grad():
    print("acc", (model(pics[500:]).argmax(1) == target[500:]).float().mean().item())
