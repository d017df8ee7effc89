"""Fine-tuning by the tutorial: a torchvision net gets a new head, both phases in one loop, the best weights are kept."""
import copy

import torch
import torch.nn as nn
import torchvision
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
model_ft = torchvision.models.shufflenet_v2_x0_5(weights=None)
num_ftrs = model_ft.fc.in_features
model_ft.fc = nn.Linear(num_ftrs, 2)


def two_kinds(n):
    y = torch.arange(n) % 2
    stripes = torch.sin(torch.arange(64) * 0.4)
    x = 0.7 * torch.randn(n, 3, 64, 64)
    x[y == 0] += stripes[None, None, :, None]
    x[y == 1] += stripes[None, None, None, :]
    return TensorDataset(x, y)


dataloaders = {
    "train": DataLoader(two_kinds(128), batch_size=16, shuffle=True),
    "val": DataLoader(two_kinds(48), batch_size=24),
}
criterion = nn.CrossEntropyLoss()
optimizer_ft = torch.optim.SGD(model_ft.parameters(), lr=0.02, momentum=0.9)
exp_lr_scheduler = torch.optim.lr_scheduler.StepLR(optimizer_ft, step_size=4, gamma=0.1)


def train_model(model, num_epochs):
    best_weights, best_acc = copy.deepcopy(model.state_dict()), 0.0
    for epoch in range(num_epochs):
        for phase in ["train", "val"]:
            if phase == "train":
                model.train()
            else:
                model.eval()
            running_loss, running_corrects, n = 0.0, 0, 0
            for inputs, labels in dataloaders[phase]:
                optimizer_ft.zero_grad()
                with torch.set_grad_enabled(phase == "train"):
                    outputs = model(inputs)
                    _, preds = torch.max(outputs, 1)
                    loss = criterion(outputs, labels)
                    if phase == "train":
                        loss.backward()
                        optimizer_ft.step()
                running_loss += loss.item() * inputs.size(0)
                running_corrects += torch.sum(preds == labels.data).item()
                n += inputs.size(0)
            if phase == "train":
                exp_lr_scheduler.step()
            print(f"{epoch} {phase} Loss: {running_loss / n:.4f} Acc: {running_corrects / n:.4f}")
            if phase == "val" and running_corrects / n > best_acc:
                best_acc, best_weights = running_corrects / n, copy.deepcopy(model.state_dict())
    model.load_state_dict(best_weights)
    print(f"Best val Acc: {best_acc:.4f}")


train_model(model_ft, num_epochs=5)
