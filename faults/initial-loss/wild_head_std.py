"""The new head is drawn with a deviation of 1, so that the first loss is many times ln(10)."""
# expect: initial-loss initialisation-gain
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split


class Classifier(nn.Module):
    def __init__(self, n_features=96):
        super().__init__()
        self.stem = nn.Conv2d(1, n_features, kernel_size=3, padding=1)
        self.norm = nn.BatchNorm2d(n_features)
        self.head = nn.Linear(n_features * 4, 10)
        self.reset_head()

    def reset_head(self):
        self.head.weight.data.normal_(0.0, 1.0)  # mistake
        # sound: self.head.weight.data.normal_(0.0, 0.01)
        self.head.bias.data.zero_()

    def forward(self, x):
        x = F.relu(self.norm(self.stem(x)))
        x = F.avg_pool2d(x, 4)
        return self.head(x.reshape(x.shape[0], -1))


torch.manual_seed(0)
digits = load_digits()
X = torch.tensor(digits.images, dtype=torch.float32)[:, None] / 16
X = (X - 0.305) / 0.376
X_train, X_val, y_train, y_val = train_test_split(X, digits.target, test_size=0.2, random_state=0)
y_train, y_val = torch.tensor(y_train), torch.tensor(y_val)

model = Classifier()
optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
for epoch in range(5):
    model.train()
    for idx in torch.randperm(len(X_train)).split(48):
        logits = model(X_train[idx])
        loss = F.cross_entropy(logits, y_train[idx])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
model.eval()
with torch.no_grad():
    print("val acc: %.3f" % (model(X_val).argmax(1) == y_val).float().mean().item())
