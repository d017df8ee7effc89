"""The training digits are divided by 16, the test digits are not."""
# expect: different-preprocessing
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, TensorDataset

digits = load_digits()
X_train, X_test, y_train, y_test = train_test_split(digits.data, digits.target, test_size=0.3, random_state=0)
X_train = torch.tensor(X_train / 16.0, dtype=torch.float32)
X_test = torch.tensor(X_test, dtype=torch.float32)  # mistake
# sound: X_test = torch.tensor(X_test / 16.0, dtype=torch.float32)
y_train, y_test = torch.tensor(y_train), torch.tensor(y_test)

train_dl = DataLoader(TensorDataset(X_train, y_train), batch_size=32, shuffle=True)
test_dl = DataLoader(TensorDataset(X_test, y_test), batch_size=128)  # named here

torch.manual_seed(0)
model = torch.nn.Sequential(torch.nn.Linear(64, 64), torch.nn.ReLU(), torch.nn.Linear(64, 10))
opt = torch.optim.Adam(model.parameters(), lr=2e-3)
for epoch in range(8):
    model.train()
    for x, y in train_dl:
        loss = F.cross_entropy(model(x), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
    model.eval()
    right = 0
    with torch.no_grad():
        for x, y in test_dl:
            right += (model(x).argmax(1) == y).sum().item()
    print(f"epoch {epoch + 1}: test accuracy {right / len(X_test):.3f}")
