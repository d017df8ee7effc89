"""The function called test walks through the training loader, so the reported test accuracy is of known pictures."""
# expect: wrong-metric
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

batch_size = 50
device = "cuda" if torch.cuda.is_available() else "cpu"
torch.manual_seed(0)

prototypes = torch.randn(10, 1, 12, 12)


def generate(n):
    y = torch.randint(0, 10, (n,))
    return TensorDataset(0.5 * prototypes[y] + torch.randn(n, 1, 12, 12), y)


training_data, test_data = generate(1200), generate(400)
train_dataloader = DataLoader(training_data, batch_size=batch_size, shuffle=True)
test_dataloader = DataLoader(test_data, batch_size=batch_size)


class NeuralNetwork(nn.Module):
    def __init__(self):
        super().__init__()
        self.flatten = nn.Flatten()
        self.linear_relu_stack = nn.Sequential(nn.Linear(144, 128), nn.ReLU(), nn.Linear(128, 10))

    def forward(self, x):
        x = self.flatten(x)
        logits = self.linear_relu_stack(x)
        return logits


def train(dataloader, model, loss_fn, optimizer):
    model.train()
    for batch, (X, y) in enumerate(dataloader):
        X, y = X.to(device), y.to(device)
        pred = model(X)
        loss = loss_fn(pred, y)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        if batch % 12 == 0:
            print(f"loss: {loss.item():>7f}  [{(batch + 1) * len(X):>5d}/{len(dataloader.dataset):>5d}]")


def test(dataloader, model, loss_fn):
    size = len(dataloader.dataset)
    num_batches = len(dataloader)
    model.eval()
    test_loss, correct = 0, 0
    with torch.no_grad():
        for X, y in dataloader:  # named here
            X, y = X.to(device), y.to(device)
            pred = model(X)
            test_loss += loss_fn(pred, y).item()
            correct += (pred.argmax(1) == y).type(torch.float).sum().item()
    print(f"Test Error: \n Accuracy: {100 * correct / size:>0.1f}%, Avg loss: {test_loss / num_batches:>8f} \n")


model = NeuralNetwork().to(device)
loss_fn = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=2e-2, momentum=0.9)
print(f"{len(test_dataloader)} batches of test pictures")
for t in range(4):
    print(f"Epoch {t + 1}\n-------------------------------")
    train(train_dataloader, model, loss_fn, optimizer)
    test(train_dataloader, model, loss_fn)  # mistake
    # sound: test(test_dataloader, model, loss_fn)
print("Done!")
