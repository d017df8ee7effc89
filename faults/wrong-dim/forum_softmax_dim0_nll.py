"""F.log_softmax(x, dim=0) at the end; the warning said to choose a dim, so I chose 0."""
# expect: wrong-dim samples-mixed
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, random_split, TensorDataset

torch.manual_seed(2019)
bunch = load_digits()
full = TensorDataset(torch.tensor(bunch.images).float().unsqueeze(1) / 16, torch.tensor(bunch.target))
train_set, valid_set = random_split(full, [1437, 360])
dataloaders = {
    'train': DataLoader(train_set, batch_size=32, shuffle=True),
    'val': DataLoader(valid_set, batch_size=32, shuffle=False),
}


class Net(nn.Module):
    def __init__(self):
        super(Net, self).__init__()
        self.conv1 = nn.Conv2d(1, 12, 3)
        self.conv2 = nn.Conv2d(12, 24, 3)
        self.fc1 = nn.Linear(24 * 4 * 4, 60)
        self.fc2 = nn.Linear(60, 10)

    def forward(self, x):
        x = F.relu(self.conv1(x))
        x = F.relu(self.conv2(x))
        x = x.view(-1, 24 * 4 * 4)
        x = F.relu(self.fc1(x))
        x = self.fc2(x)
        return F.log_softmax(x, dim=0)  # mistake
        # sound: return F.log_softmax(x, dim=1)


model = Net()
criterion = nn.NLLLoss()  # named here
optimizer = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9)
for epoch in range(6):
    for phase in ['train', 'val']:
        if phase == 'train':
            model.train()
        else:
            model.eval()
        running_loss = 0.0
        running_corrects = 0
        for inputs, labels in dataloaders[phase]:
            optimizer.zero_grad()
            with torch.set_grad_enabled(phase == 'train'):
                outputs = model(inputs)
                _, preds = torch.max(outputs, 1)
                loss = criterion(outputs, labels)  # named here
                if phase == 'train':
                    loss.backward()
                    optimizer.step()
            running_loss += loss.item() * inputs.size(0)
            running_corrects += torch.sum(preds == labels.data)
        n = len(dataloaders[phase].dataset)
        print('{} {} Loss: {:.4f} Acc: {:.4f}'.format(
            epoch, phase, running_loss / n, running_corrects.double() / n))
