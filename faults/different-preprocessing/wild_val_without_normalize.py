"""The validation transform lacks the Normalize that the training transform has."""
# expect: different-preprocessing
import numpy as np
import torch
import torch.nn as nn
from PIL import Image
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

data_transforms = {
    "train": transforms.Compose([
        transforms.Resize(18),
        transforms.RandomCrop(16),
        transforms.ToTensor(),
        transforms.Normalize([0.35, 0.35, 0.35], [0.12, 0.12, 0.12]),
    ]),
    "val": transforms.Compose([
        transforms.Resize(18),
        transforms.CenterCrop(16),
        transforms.ToTensor(),  # named here
        # sound: transforms.Normalize([0.35, 0.35, 0.35], [0.12, 0.12, 0.12]),
    ]),
}


class Ants(Dataset):
    def __init__(self, n, transform, seed):
        rng = np.random.default_rng(seed)
        self.transform = transform
        self.labels = rng.integers(0, 4, n)
        self.images = []
        yy, xx = np.mgrid[:20, :20]
        for c in self.labels:
            a = rng.normal(80, 25, (20, 20, 3))
            stripes = [np.sin(yy), np.sin(xx), np.sin((yy + xx) * 0.8), np.sin((yy - xx) * 0.8)][c]
            a += (25 * stripes)[..., None]
            self.images.append(Image.fromarray(a.clip(0, 255).astype(np.uint8)))

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        return self.transform(self.images[i]), int(self.labels[i])


image_datasets = {x: Ants(n, data_transforms[x], s) for x, n, s in (("train", 480, 0), ("val", 160, 1))}
dataloaders = {
    "train": DataLoader(image_datasets["train"], batch_size=32, shuffle=True),
    "val": DataLoader(image_datasets["val"], batch_size=32, shuffle=False),  # named here
}


def train_model(model, criterion, optimizer, num_epochs):
    for epoch in range(num_epochs):
        for phase in ("train", "val"):
            model.train(phase == "train")
            running_loss, running_corrects = 0.0, 0
            for inputs, labels in dataloaders[phase]:
                optimizer.zero_grad()
                with torch.set_grad_enabled(phase == "train"):
                    outputs = model(inputs)
                    _, preds = torch.max(outputs, 1)
                    loss = criterion(outputs, labels)
                    if phase == "train":
                        loss.backward()
                        optimizer.step()
                running_loss += loss.item() * inputs.size(0)
                running_corrects += torch.sum(preds == labels).item()
            n = len(image_datasets[phase])
            print(f"{epoch} {phase} Loss: {running_loss / n:.4f} Acc: {running_corrects / n:.4f}")


torch.manual_seed(0)
model_ft = nn.Sequential(
    nn.Conv2d(3, 16, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(16, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(400, 4)
)
train_model(model_ft, nn.CrossEntropyLoss(), torch.optim.Adam(model_ft.parameters(), lr=2e-3), num_epochs=5)
