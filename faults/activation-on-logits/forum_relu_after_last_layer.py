"""I put a ReLU after every layer, the last one too; sometimes it trains, sometimes it sticks at 2.30."""
# expect: activation-on-logits
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(1)


class Network(nn.Module):
    def __init__(self):
        super(Network, self).__init__()
        self.fc1 = nn.Linear(64, 128)
        self.fc2 = nn.Linear(128, 64)
        self.fc3 = nn.Linear(64, 10)

    def forward(self, x):
        x = x.view(x.shape[0], -1)
        x = F.relu(self.fc1(x))
        x = F.relu(self.fc2(x))
        x = F.relu(self.fc3(x))  # mistake
        # sound: x = self.fc3(x)
        return x


digits = load_digits()
images = torch.tensor(digits.images, dtype=torch.float32) / 16
labels = torch.tensor(digits.target)
trainloader = DataLoader(TensorDataset(images[:1500], labels[:1500]), batch_size=64, shuffle=True)
testloader = DataLoader(TensorDataset(images[1500:], labels[1500:]), batch_size=64)
model = Network()
criterion = nn.CrossEntropyLoss()  # named here
optimizer = torch.optim.Adam(model.parameters(), lr=0.003)
for e in range(6):
    running_loss = 0
    model.train()
    for img, lab in trainloader:
        optimizer.zero_grad()
        loss = criterion(model(img), lab)  # named here
        loss.backward()
        optimizer.step()
        running_loss += loss.item()
    else:
        model.eval()
        with torch.no_grad():
            hits = sum((model(img).topk(1, dim=1)[1].view(-1) == lab).sum().item() for img, lab in testloader)
        print(f"Training loss: {running_loss / len(trainloader):.4f} test accuracy {hits / 297:.3f}")
