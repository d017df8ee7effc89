"""The script that sorts files into train and test copies every picture to train and the last ones to test as well."""
# expect: leaked-pictures
import pathlib
import shutil
import tempfile

import numpy as np
import torch
import torchvision
from PIL import Image
from torch import nn
from torchvision import transforms


def make_source(root, rng):
    for k, name in enumerate(["cat", "dog", "fox"]):
        (root / name).mkdir(parents=True)
        for i in range(100):
            a = rng.normal(120, 50, (16, 16, 3))
            a[4:12, 4:12, k] += 45
            Image.fromarray(a.clip(0, 255).astype(np.uint8)).save(root / name / f"{i:03d}.png")


def split_folders(source, target, share_test=0.2):
    for folder in sorted(source.iterdir()):
        files = sorted(folder.iterdir())
        n_test = int(len(files) * share_test)
        for part in ("train", "test"):
            (target / part / folder.name).mkdir(parents=True)
        for f in files:  # mistake
        # sound: for f in files[:-n_test]:
            shutil.copy(f, target / "train" / folder.name / f.name)
        for f in files[-n_test:]:
            shutil.copy(f, target / "test" / folder.name / f.name)


torch.manual_seed(0)
with tempfile.TemporaryDirectory() as tmp:
    tmp = pathlib.Path(tmp)
    make_source(tmp / "all", np.random.default_rng(0))
    split_folders(tmp / "all", tmp / "data")  # named here
    to_tensor = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5,) * 3, (0.25,) * 3)])
    train_data = torchvision.datasets.ImageFolder(str(tmp / "data" / "train"), transform=to_tensor)  # named here
    test_data = torchvision.datasets.ImageFolder(str(tmp / "data" / "test"), transform=to_tensor)  # named here
    train_iter = torch.utils.data.DataLoader(train_data, batch_size=30, shuffle=True)  # named here
    test_iter = torch.utils.data.DataLoader(test_data, batch_size=60)  # named here
    net = nn.Sequential(nn.Conv2d(3, 8, 3, stride=2), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 49, 3))
    trainer = torch.optim.SGD(net.parameters(), lr=0.02, momentum=0.9)
    for epoch in range(4):
        net.train()
        for X, y in train_iter:
            l = nn.functional.cross_entropy(net(X), y)
            trainer.zero_grad()
            l.backward()
            trainer.step()
        net.eval()
        with torch.no_grad():
            acc = sum((net(X).argmax(axis=1) == y).sum().item() for X, y in test_iter) / len(test_data)
        print(f"epoch {epoch + 1}, test acc {acc:.3f}")
