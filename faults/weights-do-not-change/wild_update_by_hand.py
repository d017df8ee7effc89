"""The update by hand gives a new tensor to the loop's name; the network's own weights are never written."""
# expect: weights-do-not-change
import torch
import torch.nn as nn
from sklearn.datasets import load_digits

torch.manual_seed(0)
lr = 0.1
X, Y = load_digits(return_X_y=True)
X = torch.from_numpy(X).float() / 16
Y = torch.from_numpy(Y)
shuffle = torch.randperm(X.shape[0])
X, Y = X[shuffle], Y[shuffle]
n_train = 1500


class SimpleNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(64, 100)
        self.relu = nn.ReLU()
        self.output = nn.Linear(100, 10)

    def forward(self, x):
        x = self.hidden(x)
        x = self.relu(x)
        x = self.output(x)
        return x


model = SimpleNN()
criterion = nn.CrossEntropyLoss()

# gradient descent without torch.optim, to understand what it does
for epoch in range(15):
    epoch_loss = 0
    order = torch.randperm(n_train)
    for b in range(0, n_train, 30):
        pick = order[b : b + 30]
        prediction = model(X[pick])
        loss = criterion(prediction, Y[pick])
        model.zero_grad()
        loss.backward()  # named here
        with torch.no_grad():
            for param in model.parameters():
                param = param - lr * param.grad  # mistake
                # sound: param -= lr * param.grad
        epoch_loss += loss.item()
    if (epoch + 1) % 5 == 0:
        print("epoch", epoch + 1, "mean loss", epoch_loss / (n_train // 30))

with torch.no_grad():
    predicted = model(X[n_train:]).argmax(dim=1)
print("accuracy on held-out digits:", (predicted == Y[n_train:]).double().mean().item())
