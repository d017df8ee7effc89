"""Mixed precision as the documentation writes it: unscale, clip, step, update."""

import torch
from torch import nn

torch.manual_seed(0)
x = torch.randn(640, 12)
y = (x @ torch.randn(12, 4)).argmax(1)
model = nn.Sequential(nn.Linear(12, 48), nn.ReLU(), nn.Linear(48, 4))
optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3)
scaler = torch.amp.GradScaler("cpu", init_scale=2.0**12)
for epoch in range(5):
    for idx in torch.randperm(640).split(32):
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            output = model(x[idx])
            loss = nn.functional.cross_entropy(output, y[idx])
        scaler.scale(loss).backward()
        scaler.unscale_(optimizer)
        torch.nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        scaler.step(optimizer)
        scaler.update()
    print(epoch, loss.item())
