"""Validation pictures are not normalised, training pictures are."""
# expect: different-preprocessing
import os
import tempfile

import numpy as np
import torch
from PIL import Image
from torch import nn, optim
from torchvision import datasets, transforms


def make_folder(root):
    gen = np.random.default_rng(0)
    for split, count in (("train", 60), ("val", 20)):
        for label, name in enumerate(["blue", "green", "red"]):
            folder = os.path.join(root, split, name)
            os.makedirs(folder)
            for i in range(count):
                pixels = gen.integers(0, 120, (36, 36, 3), dtype=np.uint8)
                pixels[10:26, 10:26, 2 - label] = gen.integers(140, 256)
                Image.fromarray(pixels).save(os.path.join(folder, f"{i}.png"))


def main():
    torch.manual_seed(0)
    with tempfile.TemporaryDirectory() as root:
        make_folder(root)
        data_transforms = {
            "train": transforms.Compose([
                transforms.RandomResizedCrop(32, scale=(0.6, 1.0)),
                transforms.RandomHorizontalFlip(),
                transforms.ToTensor(),
                transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
            ]),
            "val": transforms.Compose([  # named here
                transforms.Resize(36),  # named here
                transforms.CenterCrop(32),  # named here
                transforms.ToTensor(),  # mistake
                # sound: transforms.ToTensor(),
                # sound: transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
            ]),
        }
        image_datasets = {x: datasets.ImageFolder(os.path.join(root, x), data_transforms[x]) for x in ["train", "val"]}
        dataloaders = {
            x: torch.utils.data.DataLoader(image_datasets[x], batch_size=20, shuffle=x == "train") for x in ["train", "val"]
        }
        model = nn.Sequential(
            nn.Conv2d(3, 16, 3, 2), nn.BatchNorm2d(16), nn.ReLU(), nn.AdaptiveAvgPool2d(4), nn.Flatten(), nn.Linear(256, 3)
        )
        criterion = nn.CrossEntropyLoss()
        optimizer = optim.SGD(model.parameters(), lr=0.02, momentum=0.9)
        for epoch in range(3):
            for phase in ["train", "val"]:
                model.train(phase == "train")
                corrects = 0
                for inputs, labels in dataloaders[phase]:
                    optimizer.zero_grad()
                    with torch.set_grad_enabled(phase == "train"):
                        outputs = model(inputs)
                        loss = criterion(outputs, labels)
                        if phase == "train":
                            loss.backward()
                            optimizer.step()
                    corrects += (outputs.argmax(1) == labels).sum().item()
                print(f"{epoch} {phase} acc: {corrects / len(image_datasets[phase]):.3f}")


if __name__ == "__main__":
    main()
