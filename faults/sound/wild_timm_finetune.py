"""A small timm net fine-tuned on tiny pictures: the body with a tenth of the head's learning rate."""
import timm
import torch
from torch import nn

torch.manual_seed(0)
model = timm.create_model("resnet10t", pretrained=False, num_classes=3, in_chans=3)
model.reset_classifier(3)
head = {id(p) for p in model.get_classifier().parameters()}
groups = [
    {"params": [p for p in model.parameters() if id(p) not in head], "lr": 2e-3},
    {"params": list(model.get_classifier().parameters()), "lr": 2e-2},
]
optimizer = torch.optim.SGD(groups, momentum=0.9, nesterov=True)
criterion = nn.CrossEntropyLoss(label_smoothing=0.1)

colours = torch.tensor([[0.9, 0.2, 0.2], [0.2, 0.8, 0.3], [0.2, 0.3, 0.9]])
y = torch.randint(0, 3, (144,))
x = 0.5 + 0.2 * torch.randn(144, 3, 32, 32)
x[:, :, 8:24, 8:24] += 0.5 * colours[y][:, :, None, None]
mean, std = torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1), torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)
x = (x.clamp(0, 1) - mean) / std
x_train, y_train, x_val, y_val = x[:96], y[:96], x[96:], y[96:]

for epoch in range(3):
    model.train()
    for idx in torch.randperm(96).split(16):
        optimizer.zero_grad()
        loss = criterion(model(x_train[idx]), y_train[idx])
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.inference_mode():
        acc = (model(x_val).argmax(dim=1) == y_val).float().mean().item()
    print(f"epoch {epoch}: loss {loss.item():.3f}, val acc {acc:.3f}")
