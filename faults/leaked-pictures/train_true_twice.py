"""The test set is made of the training pictures: nobody changed train=True."""
# expect: leaked-pictures
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Dataset


class DigitPictures(Dataset):
    def __init__(self, train=True):
        bunch = load_digits()
        part = slice(0, 1200) if train else slice(1200, None)
        self.data = torch.from_numpy(bunch.images[part]).float() / 16
        self.targets = bunch.target[part].tolist()

    def __len__(self):
        return len(self.targets)

    def __getitem__(self, index):
        return self.data[index][None], self.targets[index]


train_data = DigitPictures(train=True)
test_data = DigitPictures(train=True)  # mistake
# sound: test_data = DigitPictures(train=False)
train_dataloader = DataLoader(train_data, batch_size=64, shuffle=True)
test_dataloader = DataLoader(test_data, batch_size=64)  # named here

torch.manual_seed(42)
model = nn.Sequential(nn.Flatten(), nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 10))
loss_fn = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.5)


def train(dataloader, model, loss_fn, optimizer):
    model.train()
    for X, y in dataloader:
        loss = loss_fn(model(X), y)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()


def test(dataloader, model, loss_fn):
    model.eval()
    test_loss, correct = 0, 0
    with torch.no_grad():
        for X, y in dataloader:
            pred = model(X)
            test_loss += loss_fn(pred, y).item()
            correct += (pred.argmax(1) == y).type(torch.float).sum().item()
    print(f"Test: accuracy {100 * correct / len(dataloader.dataset):>0.1f}%, avg loss {test_loss / len(dataloader):>8f}")


for t in range(5):
    train(train_dataloader, model, loss_fn, optimizer)
    test(test_dataloader, model, loss_fn)
