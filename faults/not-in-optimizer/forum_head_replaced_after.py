"""Optimizer is made first, then I replace model.fc for my 6 classes. The new head stays random."""
# expect: not-in-optimizer
import torch
import torch.nn as nn
import torch.optim as optim
from torchvision.models.resnet import BasicBlock, ResNet

torch.manual_seed(0)
device = torch.device("cuda:0" if torch.cuda.is_available() else "cpu")
pattern = torch.randn(6, 3, 32, 32)


def loader(n, bs=20):
    for _ in range(n):
        y = torch.randint(0, 6, (bs,))
        yield pattern[y] + torch.randn(bs, 3, 32, 32), y


model_ft = ResNet(BasicBlock, [1, 1, 1, 1])
criterion = nn.CrossEntropyLoss()
# Observe that all parameters are being optimized
optimizer_ft = optim.Adam(model_ft.parameters(), lr=3e-4)  # mistake
num_ftrs = model_ft.fc.in_features
model_ft.fc = nn.Linear(num_ftrs, 6)  # named here
# sound: optimizer_ft = optim.Adam(model_ft.parameters(), lr=3e-4)
model_ft = model_ft.to(device)


def train_model(model, criterion, optimizer, num_epochs=2):
    for epoch in range(num_epochs):
        print('Epoch {}/{}'.format(epoch, num_epochs - 1))
        for phase in ['train', 'val']:
            if phase == 'train':
                model.train()
            else:
                model.eval()
            running_loss, running_corrects, seen = 0.0, 0, 0
            for inputs, labels in loader(15 if phase == 'train' else 5):
                inputs, labels = inputs.to(device), labels.to(device)
                optimizer.zero_grad()
                with torch.set_grad_enabled(phase == 'train'):
                    outputs = model(inputs)
                    _, preds = torch.max(outputs, 1)
                    loss = criterion(outputs, labels)
                    if phase == 'train':
                        loss.backward()
                        optimizer.step()  # named here
                running_loss += loss.item() * inputs.size(0)
                running_corrects += torch.sum(preds == labels.data).item()
                seen += inputs.size(0)
            print('{} Loss: {:.4f} Acc: {:.4f}'.format(phase, running_loss / seen, running_corrects / seen))
    return model


train_model(model_ft, criterion, optimizer_ft)
