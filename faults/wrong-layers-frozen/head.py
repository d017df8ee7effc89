"""The test of the name is the wrong way round: the new head is frozen, the backbone trained."""
# expect: wrong-layers-frozen

import torch
from torch import nn
from torchvision.models import squeezenet1_1, resnet18
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
model = resnet18(weights=None)
model.fc = nn.Linear(512, 3)
for name, param in model.named_parameters():
    if name.startswith("fc"):  # mistake
    # sound: if not name.startswith("fc"):
        param.requires_grad = False  # named here

y = torch.randint(0, 3, (48,))
x = torch.randn(3, 3, 32, 32)[y] + 0.3 * torch.randn(48, 3, 32, 32)
loader = DataLoader(TensorDataset(x, y), batch_size=16, shuffle=True)
optimizer = torch.optim.SGD(filter(lambda p: p.requires_grad, model.parameters()), lr=0.01, momentum=0.9)
criterion = nn.CrossEntropyLoss()
for epoch in range(3):
    model.train()
    for images, targets in loader:
        optimizer.zero_grad()
        loss = criterion(model(images), targets)
        loss.backward()
        optimizer.step()
    print(epoch, loss.item())
