"""My loss is negative: softmax at the end of the network and nn.NLLLoss."""
# expect: nll-without-log-softmax
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn import datasets
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

data = datasets.load_digits()
x_train, x_test, y_train, y_test = train_test_split(data.data, data.target, test_size=0.2, random_state=0)
scaler = StandardScaler()
x_train = scaler.fit_transform(x_train)
x_test = scaler.transform(x_test)
x_train, x_test = torch.FloatTensor(x_train), torch.FloatTensor(x_test)
y_train, y_test = torch.LongTensor(y_train), torch.LongTensor(y_test)


class MLP(nn.Module):
    def __init__(self, D_in, H, D_out):
        super().__init__()
        self.fc1 = nn.Linear(D_in, H)
        self.fc2 = nn.Linear(H, H)
        self.fc3 = nn.Linear(H, D_out)

    def forward(self, x):
        x = F.relu(self.fc1(x))
        x = F.relu(self.fc2(x))
        x = F.softmax(self.fc3(x), dim=1)  # mistake
        # sound: x = F.log_softmax(self.fc3(x), dim=1)
        return x


model = MLP(64, 100, 10)
loss_fn = nn.NLLLoss()  # named here
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
batch_size = 64

for t in range(10):
    permutation = torch.randperm(x_train.size()[0])
    total_loss = 0
    for i in range(0, x_train.size()[0], batch_size):
        optimizer.zero_grad()
        indices = permutation[i:i + batch_size]
        batch_x, batch_y = x_train[indices], y_train[indices]
        out = model(batch_x)
        loss = loss_fn(out, batch_y)  # named here
        total_loss += loss.item()
        loss.backward()
        optimizer.step()
    print(t, 'loss', total_loss)

with torch.no_grad():
    pred = model(x_test).argmax(dim=1)
    print('accuracy', (pred == y_test).float().mean().item())
