"""The network ends in nn.Softmax, and the prediction puts F.softmax on top of it."""
# expect: softmax-twice
import torch
from torch import nn
from torch.nn import functional as F

torch.manual_seed(1)
centres = torch.randn(5, 20)
labels = torch.randint(5, (900,))
points = centres[labels] + 0.8 * torch.randn(900, 20)

model = nn.Sequential(nn.Linear(20, 40), nn.ReLU(), nn.Linear(40, 5), nn.Softmax(dim=1))
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
for step in range(150):
    batch = torch.randint(800, (64,))
    probabilities = model(points[batch])
    loss = F.nll_loss(torch.log(probabilities + 1e-9), labels[batch])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()

model.eval()
with torch.no_grad():
    confidence, predicted = F.softmax(model(points[800:]), dim=1).max(dim=1)  # mistake
    # sound: confidence, predicted = model(points[800:]).max(dim=1)
print("sure of it:", confidence.mean().item(), "right:", (predicted == labels[800:]).float().mean().item())
