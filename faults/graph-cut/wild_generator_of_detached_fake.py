"""GAN: the generator never changes; its loss is computed on fake.detach(), too."""
# expect: graph-cut weights-do-not-change
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
digits = load_digits()
X_train, X_test, y_train, y_test = train_test_split(digits.data, digits.target, test_size=0.2, stratify=digits.target, random_state=42)
mean, std = X_train.mean(), X_train.std()
X_train = torch.tensor((X_train - mean) / std, dtype=torch.float32)
X_test = torch.tensor((X_test - mean) / std, dtype=torch.float32)
y_train = torch.tensor(y_train, dtype=torch.long)
y_test = torch.tensor(y_test, dtype=torch.long)
torch.manual_seed(0)
z_dim = 16
real_data = torch.tanh(X_train)
G = nn.Sequential(nn.Linear(z_dim, 64), nn.LeakyReLU(0.2), nn.Linear(64, 64), nn.Tanh())
D = nn.Sequential(nn.Linear(64, 64), nn.LeakyReLU(0.2), nn.Dropout(0.2), nn.Linear(64, 1))
opt_g = torch.optim.Adam(G.parameters(), lr=2e-4, betas=(0.5, 0.999))
opt_d = torch.optim.Adam(D.parameters(), lr=2e-4, betas=(0.5, 0.999))
bce = nn.BCEWithLogitsLoss()
for epoch in range(6):
    for idx in torch.randperm(len(real_data)).split(64):
        real = real_data[idx]
        ones, zeros = torch.ones(len(idx), 1), torch.zeros(len(idx), 1)
        fake = G(torch.randn(len(idx), z_dim))
        # discriminator
        opt_d.zero_grad()
        loss_d = bce(D(real), ones) + bce(D(fake.detach()), zeros)
        loss_d.backward()
        opt_d.step()
        # generator
        opt_g.zero_grad()
        loss_g = bce(D(fake.detach()), ones)  # mistake
        # sound: loss_g = bce(D(fake), ones)
        loss_g.backward()  # named here
        opt_g.step()  # named here
    print(epoch, loss_d.item(), loss_g.item())
