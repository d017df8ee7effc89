"""scheduler.step() at the top of the epoch, before any optimizer.step(): the first rate is skipped."""
# expect: scheduler-misused
import torch
from sklearn.datasets import load_digits
from torch import nn, optim

torch.manual_seed(0)
digits = load_digits()
X = (torch.tensor(digits.images, dtype=torch.float32)[:, None] / 16 - 0.305) / 0.376
Y = torch.tensor(digits.target)
ids = torch.randperm(len(X))
dataset = {"train": ids[:1400], "val": ids[1400:]}

model = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(576, 10))
criterion = nn.CrossEntropyLoss()
optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
exp_lr_scheduler = optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.5)

for epoch in range(5):
    for phase in ["train", "val"]:
        if phase == "train":
            exp_lr_scheduler.step()  # mistake
            model.train()
        else:
            model.eval()
        corrects = 0
        for idx in dataset[phase][torch.randperm(len(dataset[phase]))].split(50):
            optimizer.zero_grad()
            with torch.set_grad_enabled(phase == "train"):
                outputs = model(X[idx])
                loss = criterion(outputs, Y[idx])
                if phase == "train":
                    loss.backward()
                    optimizer.step()  # named here
            corrects += (outputs.argmax(1) == Y[idx]).sum().item()
        print(epoch, phase, corrects / len(dataset[phase]))
    # sound: exp_lr_scheduler.step()
