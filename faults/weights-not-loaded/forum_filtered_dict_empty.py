"""The usual pretrained_dict = {k: v ... if k in model_dict} recipe, but my layers have other names."""
# expect: weights-not-loaded
import io

import torch
from torch import nn

torch.manual_seed(4)


class AutoEncoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(144, 64), nn.ReLU(), nn.Linear(64, 24), nn.ReLU())
        self.decoder = nn.Sequential(nn.Linear(24, 64), nn.ReLU(), nn.Linear(64, 144))

    def forward(self, x):
        return self.decoder(self.encoder(x))


class ImageClassifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(nn.Linear(144, 64), nn.ReLU(), nn.Linear(64, 24), nn.ReLU())
        self.fc = nn.Linear(24, 6)

    def forward(self, x):
        return self.fc(self.features(x.view(x.size(0), -1)))


basis = torch.randn(6, 144)
y = torch.randint(0, 6, (900,))
x = basis[y] + 0.9 * torch.randn(900, 144)

ae = AutoEncoder()
opt = torch.optim.Adam(ae.parameters(), lr=1e-3)
for i in range(120):
    xb = x[torch.randint(0, 700, (64,))]
    loss = nn.functional.mse_loss(ae(xb), xb)
    opt.zero_grad()
    loss.backward()
    opt.step()
print('autoencoder loss', loss.item())
buf = io.BytesIO()
torch.save(ae.state_dict(), buf)
buf.seek(0)

model = ImageClassifier()
model_dict = model.state_dict()
pretrained_dict = torch.load(buf)
pretrained_dict = {k: v for k, v in pretrained_dict.items() if k in model_dict}  # mistake
# sound: pretrained_dict = {k.replace('encoder', 'features'): v for k, v in pretrained_dict.items()
# sound:                    if k.startswith('encoder')}
model_dict.update(pretrained_dict)
model.load_state_dict(model_dict)  # named here

criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for epoch in range(6):
    order = torch.randperm(700)
    for k in range(0, 700, 50):
        b = order[k:k + 50]
        optimizer.zero_grad()
        loss = criterion(model(x[b]), y[b])
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        acc = (model(x[700:]).argmax(1) == y[700:]).float().mean()
    print('epoch %d loss %.4f acc %.3f' % (epoch, loss.item(), acc.item()))
