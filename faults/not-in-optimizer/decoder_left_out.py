"""Only the encoder's parameters are given to the optimizer."""
# expect: not-in-optimizer

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
basis = torch.randn(4, 36)
data = torch.tanh(torch.randn(512, 4) @ basis)
loader = DataLoader(TensorDataset(data), batch_size=64, shuffle=True)

encoder = nn.Sequential(nn.Linear(36, 16), nn.ReLU(), nn.Linear(16, 4))
decoder = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 36), nn.Tanh())
optimizer = torch.optim.Adam(encoder.parameters(), lr=5e-3)  # mistake
# sound: optimizer = torch.optim.Adam(list(encoder.parameters()) + list(decoder.parameters()), lr=5e-3)

for epoch in range(10):
    for (x,) in loader:
        reconstruction = decoder(encoder(x))
        loss = nn.functional.mse_loss(reconstruction, x)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(f"epoch {epoch} loss {loss.item():.4f}")
