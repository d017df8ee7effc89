"""NumPy pictures N×H×W×C are given to a lazy convolution, which takes the rows for channels."""
# expect: channels-last
import numpy as np
import torch
from torch import nn

np.random.seed(0)
torch.manual_seed(0)
labels = np.random.randint(0, 3, 600)
pictures = np.random.rand(600, 24, 24, 3).astype("float32") * 0.3
for picture, label in zip(pictures, labels):
    picture[4:20, 4:20, label] += 0.5

images = torch.from_numpy(pictures)  # mistake
# sound: images = torch.from_numpy(pictures).permute(0, 3, 1, 2)
targets = torch.from_numpy(labels)
model = nn.Sequential(
    nn.LazyConv2d(16, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.LazyLinear(3)
)
model(images[:2])
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
for epoch in range(4):
    for index in torch.randperm(600).split(50):
        loss = nn.functional.cross_entropy(model(images[index]), targets[index])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print("epoch", epoch, "loss", loss.item())
