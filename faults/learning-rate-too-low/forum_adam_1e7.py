"""Loss goes 2.3026, 2.3025, 2.3025 ... learning rate 1e-7 from a fine tuning script."""
# expect: learning-rate-too-low
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.utils.data import Dataset, DataLoader


class DigitDataset(Dataset):
    def __init__(self, train=True):
        d = load_digits()
        sl = slice(0, 1500) if train else slice(1500, None)
        self.images = d.images[sl]
        self.labels = d.target[sl]

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, index):
        image = torch.tensor(self.images[index], dtype=torch.float32).unsqueeze(0) / 16.0
        return image, int(self.labels[index])


class CNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer1 = nn.Sequential(nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(),
                                    nn.MaxPool2d(2))
        self.layer2 = nn.Sequential(nn.Conv2d(16, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(),
                                    nn.MaxPool2d(2))
        self.fc = nn.Linear(2 * 2 * 32, 10)

    def forward(self, x):
        out = self.layer2(self.layer1(x))
        return self.fc(out.reshape(out.size(0), -1))


if __name__ == "__main__":
    learning_rate = 1e-7  # mistake
    # sound: learning_rate = 1e-3
    train_loader = DataLoader(DigitDataset(True), batch_size=100, shuffle=True)
    test_loader = DataLoader(DigitDataset(False), batch_size=100, shuffle=False)
    model = CNN()
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=learning_rate)  # named here
    for epoch in range(6):
        model.train()
        for i, (images, labels) in enumerate(train_loader):
            loss = criterion(model(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()  # named here
        model.eval()
        with torch.no_grad():
            correct = sum((model(im).argmax(1) == la).sum().item() for im, la in test_loader)
        print('Epoch [%d/6], Loss: %.4f, Acc: %.4f' % (epoch + 1, loss.item(), correct / 297))
