"""The pictures come from numpy in float64 and are given to a float32 network as they are."""
# expect: wrong-dtype
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

torch.manual_seed(42)

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2, random_state=42)
scaler = StandardScaler()
X_train = scaler.fit_transform(X_train)
X_test = scaler.transform(X_test)

X_train = torch.from_numpy(X_train)  # mistake
# sound: X_train = torch.from_numpy(X_train).float()
X_test = torch.from_numpy(X_test)  # mistake
# sound: X_test = torch.from_numpy(X_test).float()
y_train = torch.from_numpy(y_train)
y_test = torch.from_numpy(y_test)

model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)

for epoch in range(60):
    optimizer.zero_grad()
    y_pred = model(X_train)  # named here
    loss = criterion(y_pred, y_train)
    loss.backward()
    optimizer.step()
    if epoch % 20 == 0:
        print(f"Epoch {epoch}: loss {loss.item():.4f}")

with torch.no_grad():
    print("Test accuracy:", (model(X_test).argmax(1) == y_test).float().mean().item())
