"""model.train(is_test) instead of model.train(not is_test): the modes of training and test are swapped."""
# expect: training-in-eval-mode evaluating-in-train-mode
# also: evaluating-in-train-mode
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
marks = torch.randn(7, 3, 10, 10)
labels = torch.randint(7, (1200,))
images = (marks[labels] + 1.5 * torch.randn(1200, 3, 10, 10)) / 1.8
loaders = {
    "train": DataLoader(TensorDataset(images[:960], labels[:960]), batch_size=32, shuffle=True),
    "test": DataLoader(TensorDataset(images[960:], labels[960:]), batch_size=80),
}
model = nn.Sequential(nn.Flatten(), nn.Linear(300, 128), nn.ReLU(), nn.Dropout(0.5), nn.Linear(128, 7))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)

for epoch in range(5):
    for phase in ("train", "test"):
        is_test = phase == "test"
        model.train(is_test)  # mistake
        # sound: model.train(not is_test)
        right = seen = 0
        with torch.set_grad_enabled(not is_test):
            for x, y in loaders[phase]:
                out = model(x)  # named here
                if not is_test:
                    loss = F.cross_entropy(out, y)
                    optimizer.zero_grad()
                    loss.backward()
                    optimizer.step()
                right += (out.argmax(1) == y).sum().item()
                seen += len(y)
        print(epoch, phase, right / seen)
