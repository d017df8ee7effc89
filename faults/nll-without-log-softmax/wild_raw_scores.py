"""NLLLoss on raw scores: the loss falls below zero and keeps falling."""
# expect: nll-without-log-softmax
import torch
import torch.nn as nn
import torch.optim as optim

torch.manual_seed(1)
templates = torch.randn(10, 1, 14, 14)


def draw(n):
    target = torch.arange(n) % 10
    target = target[torch.randperm(n)]
    return templates[target] * 0.8 + torch.randn(n, 1, 14, 14) * 0.6, target


train_x, train_y = draw(1000)
test_x, test_y = draw(400)


class ConvNet(nn.Module):
    def __init__(self):
        super(ConvNet, self).__init__()
        self.layer1 = nn.Sequential(nn.Conv2d(1, 16, kernel_size=5, padding=2), nn.ReLU(), nn.MaxPool2d(2))
        self.layer2 = nn.Sequential(nn.Conv2d(16, 32, kernel_size=3), nn.ReLU())
        self.fc = nn.Linear(5 * 5 * 32, 10)
        self.out = nn.LogSoftmax(dim=1)

    def forward(self, x):
        out = self.layer1(x)
        out = self.layer2(out)
        out = out.reshape(out.size(0), -1)
        out = self.fc(out)
        # return self.out(out)
        return out  # mistake
        # sound: return self.out(out)


model = ConvNet()
criterion = nn.NLLLoss()
optimizer = optim.Adam(model.parameters(), lr=0.001)

total_step = 20
for epoch in range(3):
    order = torch.randperm(1000)
    for i in range(total_step):
        images, labels = train_x[order[i * 50 : i * 50 + 50]], train_y[order[i * 50 : i * 50 + 50]]
        outputs = model(images)
        loss = criterion(outputs, labels)  # named here
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print("Epoch [{}/3], Loss: {:.4f}".format(epoch + 1, loss.item()))

with torch.no_grad():
    predicted = model(test_x).argmax(1)
    print("Test accuracy: {:.1f} %".format(100 * (predicted == test_y).float().mean().item()))
