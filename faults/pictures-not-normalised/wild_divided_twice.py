"""ToTensor has brought the pixels to 0..1 already; the loop divides by 255 once more."""
# expect: pictures-not-normalised
import torch
from torch import nn, optim
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms
from PIL import Image


class Bars(Dataset):
    """Pictures of 1 to 4 bright bars, as PIL pictures."""

    def __init__(self, n, transform, seed):
        g = torch.Generator().manual_seed(seed)
        self.transform = transform
        self.items = []
        for _ in range(n):
            label = int(torch.randint(4, (1,), generator=g))
            a = torch.randint(0, 90, (16, 16), generator=g)
            rows = torch.randperm(7, generator=g)[: label + 1] * 2 + 1
            a[rows] += 140
            self.items.append((Image.fromarray(a.to(torch.uint8).numpy()), label))

    def __len__(self):
        return len(self.items)

    def __getitem__(self, i):
        img, label = self.items[i]
        return self.transform(img), label


transform = transforms.Compose([transforms.ToTensor()])
torch.manual_seed(0)
trainloader = DataLoader(Bars(900, transform, 1), batch_size=30, shuffle=True)
testloader = DataLoader(Bars(200, transform, 2), batch_size=50)

net = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d((1, 4)), nn.Flatten(), nn.Linear(512, 4))
criterion = nn.CrossEntropyLoss()
optimizer = optim.SGD(net.parameters(), lr=0.02, momentum=0.9)

for epoch in range(5):
    running_loss = 0.0
    for i, (images, labels) in enumerate(trainloader):
        images = images / 255.0  # mistake
        # sound: images = (images - 0.3) / 0.25
        optimizer.zero_grad()
        outputs = net(images)  # named here
        loss = criterion(outputs, labels)
        loss.backward()
        optimizer.step()
        running_loss += loss.item()
    print("[%d] loss: %.3f" % (epoch + 1, running_loss / len(trainloader)))
print("Finished Training")

net.eval()
correct, total = 0, 0
with torch.no_grad():
    for images, labels in testloader:
        images = images / 255.0  # mistake
        # sound: images = (images - 0.3) / 0.25
        outputs = net(images)
        _, predicted = torch.max(outputs, 1)
        total += labels.size(0)
        correct += (predicted == labels).sum().item()
print("Accuracy on the test pictures: %d %%" % (100 * correct / total))
